import { Command } from 'commander';
import { stringify } from 'yaml';
import { cacheFolder } from '../data/cacheFolder.js';
import { EMBEDDER_CATALOG, fetchEmbedder } from '../data/embedderCatalog.js';
import { resnet50In } from '../model/embedder/resnet50.js';
import { withOutput } from './connection.js';
import { dataProgress } from './dataProgress.js';
import { type CliIo, writeResult } from './io.js';
import { startProgress } from './progress.js';

interface OutputOptions {
  readonly json?: true;
}

/** `lethe embedder`: the embedders that Lethe knows by name. */
export function embedderCommand(io: CliIo): Command {
  return new Command('embedder')
    .description('embedders that Lethe knows by name; any other .onnx or TensorFlow.js model works by config')
    .addCommand(listCommand(io))
    .addCommand(fetchCommand(io));
}

function listCommand(io: CliIo): Command {
  return withOutput(new Command('list'))
    .description('list the known embedders')
    .addHelpText('after', '\nExample:\n  $ lethe embedder list')
    .action(({ json }: OutputOptions) => {
      const entries = EMBEDDER_CATALOG.map(({ name, dimension, licence, summary, download }) => ({
        name,
        dimension,
        licence,
        megabytes: download && Math.round(download.bytes / 1e6),
        summary,
      }));
      const width = Math.max(...entries.map(({ name }) => name.length));
      const lines = entries.map(
        ({ name, dimension, licence, megabytes, summary }) =>
          `${name.padEnd(width)}  ${summary} (${dimension} components, ${licence}, ${megabytes ? `${megabytes} MB to fetch` : 'bundled'})`,
      );
      writeResult(io, json, entries, lines.join('\n'));
    });
}

function fetchCommand(io: CliIo): Command {
  return withOutput(new Command('fetch'))
    .description('download an embedder, verified by its hash, and print its configuration')
    .argument('<name>', 'an embedder of `lethe embedder list`')
    .addHelpText(
      'after',
      '\nExample:\n  $ lethe embedder fetch resnet50 > resnet50.yaml && lethe run --config resnet50.yaml',
    )
    .action(async (name: string, { json }: OutputOptions) => {
      const progress = startProgress(io);
      try {
        const folder = await fetchEmbedder(name, cacheFolder(io.variables), dataProgress(progress));
        progress.stop();
        const config = { embedder: folder === null ? { kind: 'bundled' } : resnet50In(folder) };
        writeResult(io, json, { name, folder, config }, stringify(config).trimEnd());
      } finally {
        progress.stop();
      }
    });
}
