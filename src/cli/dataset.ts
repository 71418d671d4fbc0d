import { join } from 'node:path';
import { Command } from 'commander';
import { loadDemoSubset } from '../data/demoSubset.js';
import { writeImages } from '../data/writeImages.js';
import { LetheError } from '../domain/errors.js';
import { withOutput } from './connection.js';
import { experimentsCommand } from './experiments.js';
import { type CliIo, writeResult } from './io.js';
import { wholeNumber } from './numbers.js';

/** `lethe dataset`: data sets for experiments, and the bundled images. */
export async function datasetCommand(io: CliIo): Promise<Command> {
  return new Command('dataset')
    .description('download data sets and unpack bundled images')
    .addCommand(await experimentsCommand('dataset fetch', io))
    .addCommand(unpackCommand(io));
}

interface UnpackOptions {
  readonly classes?: readonly string[];
  readonly train: number;
  readonly test: number;
  readonly json?: true;
}

function unpackCommand(io: CliIo): Command {
  return withOutput(new Command('unpack'))
    .description('write the bundled images (a subset of CIFAR-10) as files, to try Lethe')
    .argument('<folder>', 'target folder, for train/<class>/001.webp, ... and test/<class>/001.webp, ...')
    .option('--classes <names...>', 'only these classes')
    .option('--train <count>', 'number of training images of each class', wholeNumber, 30)
    .option('--test <count>', 'number of test images of each class', wholeNumber, 10)
    .addHelpText('after', '\nExample:\n  $ lethe dataset unpack animals --classes cat dog frog')
    .action(async (folder: string, { classes, train, test, json }: UnpackOptions) => {
      const images = await loadDemoSubset();
      refuseUnknown(classes ?? [], images.classNames);
      const names = images.classNames.map((name) => (classes?.includes(name) === false ? undefined : name));
      const written = {
        train: await writeImages(join(folder, 'train'), images.train, names, train),
        test: await writeImages(join(folder, 'test'), images.test, names, test),
      };
      const text = `${written.train} training and ${written.test} test images in ${folder}`;
      writeResult(io, json, { folder, ...written }, text);
    });
}

function refuseUnknown(classes: readonly string[], known: readonly string[]): void {
  const unknown = classes.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new LetheError('unknown-class', `there are no bundled images of "${unknown}"`, {
    field: 'classes',
    value: unknown,
    remedy: `Choose from ${known.join(', ')}.`,
  });
}
