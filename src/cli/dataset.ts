import { Argument, Command } from 'commander';
import { cacheFolder } from '../data/cacheFolder.js';
import { fetchCifar10 } from '../data/cifar10.js';
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
  return new Command('dataset').description('data sets for experiments').addCommand(fetchCommand(io));
}

function fetchCommand(io: CliIo): Command {
  return withOutput(new Command('fetch'))
    .description('download a data set, verify it and decode it; what is there already is kept')
    .addArgument(new Argument('<name>', 'the data set').choices(['cifar10']))
    .option('--to <folder>', 'where to; by default the cache folder (LETHE_CACHE)')
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
