import { Argument, Command } from 'commander';
import { withOutput } from 'lethe/internal/cli/connection.js';
import { dataProgress } from 'lethe/internal/cli/dataProgress.js';
import { EXPERIMENT_COMMANDS } from 'lethe/internal/cli/experiments.js';
import { type CliIo, writeResult } from 'lethe/internal/cli/io.js';
import { startProgress } from 'lethe/internal/cli/progress.js';
import { cacheFolder } from 'lethe/internal/data/cacheFolder.js';
import { fetchCifar10 } from '../data/cifar10.js';

interface FetchOptions {
  readonly to?: string;
  readonly json?: true;
}

/** `lethe dataset fetch`: the data sets of the experiments. */
export function datasetFetchCommand(io: CliIo): Command {
  return withOutput(new Command('fetch'))
    .description(EXPERIMENT_COMMANDS['dataset fetch'])
    .addArgument(new Argument('<name>', 'name of the data set').choices(['cifar10']))
    .option('--to <folder>', 'target folder; the default is the cache folder (LETHE_CACHE)')
    .addHelpText('after', '\nExample:\n  $ lethe dataset fetch cifar10')
    .action(async (name: string, { to, json }: FetchOptions) => {
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
