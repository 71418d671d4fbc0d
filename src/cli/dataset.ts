import { join } from 'node:path';
import { Argument, Command, InvalidArgumentError } from 'commander';
import { cacheFolder } from '../data/cacheFolder.js';
import { fetchCifar10 } from '../data/cifar10.js';
import { loadDemoSubset } from '../data/demoSubset.js';
import { writeImages } from '../data/writeImages.js';
import { LetheError } from '../domain/errors.js';
import { withOutput } from './connection.js';
import { dataProgress } from './dataProgress.js';
import { type CliIo, writeResult } from './io.js';
import { startProgress } from './progress.js';

interface DatasetOptions {
  readonly to?: string;
  readonly json?: true;
}

/** `lethe dataset`: data sets for experiments. */
export function datasetCommand(io: CliIo): Command {
  return new Command('dataset')
    .description('download data sets and unpack bundled images')
    .addCommand(fetchCommand(io))
    .addCommand(unpackCommand(io));
}

function fetchCommand(io: CliIo): Command {
  return withOutput(new Command('fetch'))
    .description('download, verify and decode a data set, unless it exists')
    .addArgument(new Argument('<name>', 'name of the data set').choices(['cifar10']))
    .option('--to <folder>', 'target folder; the default is the cache folder (LETHE_CACHE)')
    .addHelpText('after', '\nExample:\n  $ lethe dataset fetch cifar10')
    .action(async (name: string, { to, json }: DatasetOptions) => {
      const progress = startProgress(io);
      try {
        const folder = await fetchCifar10(to ?? cacheFolder(io.variables), dataProgress(progress));
        progress.stop();
        writeResult(io, json, { name, folder }, folder);
      } finally {
        progress.stop();
      }
    });
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
    .option('--train <count>', 'number of training images of each class', countOf, 30)
    .option('--test <count>', 'number of test images of each class', countOf, 10)
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

function countOf(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 0) return count;
  throw new InvalidArgumentError('Give a whole number.');
}
