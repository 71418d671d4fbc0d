import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { withOutput } from 'lethe/internal/cli/connection.js';
import { dataProgress } from 'lethe/internal/cli/dataProgress.js';
import { type CliIo, writeNote, writeResult } from 'lethe/internal/cli/io.js';
import { positive } from 'lethe/internal/cli/numbers.js';
import { type Progress, startProgress } from 'lethe/internal/cli/progress.js';
import { cacheFolder } from 'lethe/internal/data/cacheFolder.js';
import { createEmbedder } from 'lethe/internal/model/embedder/createEmbedder.js';
import { markdownOf, plainText, tablesPage } from 'lethe/internal/report/dataTable.js';
import { embedDataset } from '../embeddings/embedDataset.js';
import {
  type ImageSsreConfig,
  imageSsreConfigSchema,
  TRUNK_NAMES,
  type TrunkName,
} from '../imageSsre/config.js';
import { runPeers } from '../peers.js';
import { hashOf, writeWhole } from '../resultFiles.js';
import type { Table1Summary } from '../table1/summary.js';
import { table1Csv, table1Tables } from '../table1/tables.js';
import {
  type Cifar10Options,
  chosenCifar10,
  chosenEmbedder,
  experimentConfig,
  numberList,
  withCifar10Options,
} from './experimentOptions.js';

interface Table1Options extends Cifar10Options {
  readonly seeds: readonly number[];
  readonly requests: number;
  readonly peers?: string;
  readonly trunk: 'embedding' | TrunkName;
}

/** Raised whenever results of older versions must not be used again. */
const RESULT_FORMAT = 3;

/** `lethe experiment table1`: Table 1 of the paper. */
export function table1Command(io: CliIo): Command {
  return withCifar10Options(withOutput(new Command('table1')), 'reports/table1')
    .description('Table 1: CIFAR-10, 5 classes, unlearn 1, learn 1, unlearn 1, learn 1; every method')
    .option(
      '--seeds <list>',
      'seeds of protocol and training, separated by commas',
      numberList,
      [1993, 7, 42, 2024, 31],
    )
    .option('--requests <number>', 'number of unlearn requests by examples to try at each step', positive, 50)
    .option(
      '--trunk <name>',
      'trunk of SSRE: embedding (over vectors), or resnet18 (as in the paper) or resnet20 (over images)',
      trunk,
      'embedding',
    )
    .option('--peers <python>', 'Python with bench/peers/requirements-heads.txt, to run the peers as well')
    .addHelpText(
      'after',
      `
An interrupted run resumes with the missing seeds.

Examples:
  $ lethe experiment table1                                     all of CIFAR-10, five seeds
  $ lethe experiment table1 --embedder resnet50 --out reports/table1-resnet50
  $ lethe experiment table1 --dataset part --seeds 7            in about a minute
  $ lethe experiment table1 --trunk resnet18 --embedder resnet50 --out reports/table1-images
                                                                as published; needs a GPU (docs/gpu.md)`,
    )
    .action((options: Table1Options) => table1(options, io));
}

async function table1(options: Table1Options, io: CliIo): Promise<void> {
  const progress = startProgress(io);
  try {
    const { summary, files } = await measured(options, io, progress);
    progress.stop();
    const shown = `${plainText(table1Tables(summary))}\n\nWritten: ${files.join(', ')}`;
    writeResult(io, options.json, { ...summary, files }, shown.split('\n'));
  } finally {
    progress.stop();
  }
}

async function measured(
  options: Table1Options,
  io: CliIo,
  progress: Progress,
): Promise<{ summary: Table1Summary; files: string[] }> {
  const { out, seeds, requests, samples, testSamples } = options;
  const config = experimentConfig(options, io);
  const cache = cacheFolder(io.variables);
  const onProgress = dataProgress(progress);
  const images = await chosenCifar10(options, cache, onProgress);
  const description = await chosenEmbedder(options, io, onProgress);
  const embedded = await embedDataset(images, description, {
    cache,
    precision: options.precision,
    onProgress,
  });
  const onImages = imageSettings(options);
  const settings = {
    format: RESULT_FORMAT,
    embeddings: embedded.folder.slice(cache.length + 1),
    samples: samples ?? null,
    testSamples: testSamples ?? null,
    requests,
    ssre: config.learning.ssre,
    analytic: config.learning.analytic,
    filter: config.filter,
    unlearning: config.unlearning,
    backend: config.model.backend,
    ...(onImages && { images: onImages }),
  };
  const embedder = await createEmbedder(description);
  try {
    const { runTable1 } = await import('../table1/runTable1.js');
    const measuredSummary = await runTable1({
      input: {
        dataset: images,
        embedded,
        embedder,
        config,
        requests,
        settingsHash: hashOf(settings),
        ...(onImages && { images: onImages }),
      },
      seeds,
      out,
      settings,
      onKept: (seed, file) => writeNote(io, `seed ${seed}: taken from ${file}`),
      show: progress.show,
    });
    const peers =
      options.peers === undefined ? undefined : await runPeers({ python: options.peers, embedded, seeds });
    const summary = { ...measuredSummary, ...(peers && { peers }) };
    return { summary, files: await written(out, summary) };
  } finally {
    await embedder.close();
  }
}

async function written(out: string, summary: Table1Summary): Promise<string[]> {
  const tables = table1Tables(summary);
  const { facts } = summary;
  const lead = `${facts.dataset}; ${facts.embedder}; seeds ${facts.seeds.join(', ')}; tfjs ${facts.backend}; ${facts.cpu}; Lethe ${facts.lethe}, Node ${facts.node}; ${Math.round(facts.seconds)} s`;
  const files = {
    'table1.md': `# Table 1\n\n${lead}\n\n${markdownOf(tables)}\n`,
    'table1.csv': table1Csv(summary),
    'table1.json': `${JSON.stringify(summary, null, 2)}\n`,
    'table1.html': await tablesPage('Table 1 of eCIL-MU, by Lethe', lead, tables),
  };
  for (const [name, content] of Object.entries(files)) await writeWhole(join(out, name), content);
  return Object.keys(files).map((name) => join(out, name));
}

/** SSRE's settings on images: the published ones, with the epochs that were asked for. */
function imageSettings({ trunk: name, epochs }: Table1Options): ImageSsreConfig | undefined {
  if (name === 'embedding') return undefined;
  const schedule = epochs === undefined ? {} : { epochs };
  const { initial, incremental, ...rest } = imageSsreConfigSchema.parse({ trunk: name });
  return { ...rest, initial: { ...initial, ...schedule }, incremental: { ...incremental, ...schedule } };
}

function trunk(text: string): Table1Options['trunk'] {
  const found = (['embedding', ...TRUNK_NAMES] as const).find((name) => name === text);
  if (found) return found;
  throw new InvalidArgumentError(`Give embedding, ${TRUNK_NAMES.join(' or ')}.`);
}
