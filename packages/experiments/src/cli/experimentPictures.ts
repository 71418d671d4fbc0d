import { join } from 'node:path';
import { Command } from 'commander';
import { withOutput } from 'lethe/internal/cli/connection.js';
import { dataProgress } from 'lethe/internal/cli/dataProgress.js';
import { type CliIo, writeResult } from 'lethe/internal/cli/io.js';
import { positive, wholeNumber } from 'lethe/internal/cli/numbers.js';
import { type Progress, startProgress } from 'lethe/internal/cli/progress.js';
import { cacheFolder } from 'lethe/internal/data/cacheFolder.js';
import { type DataTable, markdownOf, plainText } from 'lethe/internal/report/dataTable.js';
import { runFacts } from '../demo/runFacts.js';
import { type EmbeddedDataset, embedDataset } from '../embeddings/embedDataset.js';
import { drawMistakes } from '../pictures/drawMistakes.js';
import { type MistakeCount, TREATMENTS } from '../pictures/mistakes.js';
import { embeddingPicture, MAPPED_PER_CLASS } from '../pictures/tsne.js';
import { pngOf } from '../plots/png.js';
import { cifar10Protocol } from '../protocol.js';
import { leadOf } from '../report/lead.js';
import { writeWhole } from '../resultFiles.js';
import {
  type Cifar10Options,
  chosenCifar10,
  chosenEmbedder,
  experimentConfig,
  withCifar10Options,
} from './experimentOptions.js';

interface PictureOptions extends Cifar10Options {
  readonly seed: number;
  readonly perClass: number;
}

/** `lethe experiment tsne`: Fig. 3 of the paper. */
export function tsneCommand(io: CliIo): Command {
  return pictureCommand('tsne', 'reports/tsne')
    .description('Fig. 3: a map of the embeddings (UMAP) that highlights the unlearned class')
    .option('--per-class <number>', 'test images of each class on the map', positive, MAPPED_PER_CLASS)
    .addHelpText('after', '\nExample:\n  $ lethe experiment tsne --dataset part')
    .action((options: PictureOptions) =>
      withProgress(io, options, async (progress) => {
        const { seed, perClass, out } = options;
        const { embedded } = await embeddedFor(options, io, progress);
        const protocol = cifar10Protocol(embedded.classNames, seed);
        const svg = await embeddingPicture(embedded, protocol, { seed, perClass });
        const files = await savePicture(out, 'tsne', svg);
        return { value: { files }, text: `Written: ${files.join(', ')}` };
      }),
    );
}

/** `lethe experiment mistakes`: Fig. 4 of the paper. */
export function mistakesCommand(io: CliIo): Command {
  return pictureCommand('mistakes', 'reports/mistakes')
    .description('Fig. 4: mistakes of the filter, and the answer of each output strategy to them')
    .addHelpText('after', '\nExample:\n  $ lethe experiment mistakes --dataset part')
    .action((options: PictureOptions) =>
      withProgress(io, options, async (progress) => {
        const startedAt = new Date();
        const { embedded, dataset, embedder } = await embeddedFor(options, io, progress);
        const config = experimentConfig(options, io);
        const { counts, pictures, backend } = await drawMistakes({
          embedded,
          config,
          seed: options.seed,
          show: progress.show,
        });
        const files: string[] = [];
        for (const [setting, svg] of Object.entries(pictures))
          files.push(...(await savePicture(options.out, `mistakes-${setting}`, svg)));
        const { k, specificity } = config.filter;
        const filter = `relative, k = ${k}, specificity at least ${specificity}`;
        const facts = runFacts(startedAt, { seed: options.seed, dataset, embedder, backend, filter });
        const table = mistakesTable(counts);
        const text = join(options.out, 'mistakes.md');
        await writeWhole(text, `# Fig. 4\n\n${leadOf(facts)}\n\n${markdownOf([table])}\n`);
        const json = join(options.out, 'mistakes.json');
        await writeWhole(json, `${JSON.stringify({ facts, counts }, null, 2)}\n`);
        files.push(text, json);
        return {
          value: { facts, counts, files },
          text: `${plainText([table])}\n\nWritten: ${files.join(', ')}`,
        };
      }),
    );
}

function pictureCommand(name: string, out: string): Command {
  return withCifar10Options(withOutput(new Command(name)), out).option(
    '--seed <number>',
    'seed of protocol, training and map',
    wholeNumber,
    1993,
  );
}

async function withProgress(
  io: CliIo,
  { json }: PictureOptions,
  work: (progress: Progress) => Promise<{ readonly value: unknown; readonly text: string }>,
): Promise<void> {
  const progress = startProgress(io);
  try {
    const { value, text } = await work(progress);
    progress.stop();
    writeResult(io, json, value, text.split('\n'));
  } finally {
    progress.stop();
  }
}

async function embeddedFor(
  options: PictureOptions,
  io: CliIo,
  progress: Progress,
): Promise<{ readonly embedded: EmbeddedDataset; readonly dataset: string; readonly embedder: string }> {
  const cache = cacheFolder(io.variables);
  const onProgress = dataProgress(progress);
  const images = await chosenCifar10(options, cache, onProgress);
  const description = await chosenEmbedder(options, io, onProgress);
  const embedded = await embedDataset(images, description, {
    cache,
    precision: options.precision,
    onProgress,
  });
  return { embedded, dataset: images.description, embedder: description.name };
}

async function savePicture(out: string, name: string, svg: string): Promise<string[]> {
  const files = { [join(out, `${name}.svg`)]: svg, [join(out, `${name}.png`)]: await pngOf(svg) };
  for (const [file, content] of Object.entries(files)) await writeWhole(file, content);
  return Object.keys(files);
}

function mistakesTable(counts: readonly MistakeCount[]): DataTable {
  const treatments = Object.keys(TREATMENTS) as (keyof typeof TREATMENTS)[];
  return {
    caption: 'Test images after MU-1, by what the filter and the strategy made of them',
    head: ['setting and strategy', ...treatments.map((treatment) => TREATMENTS[treatment])],
    rows: counts.map(({ setting, strategy, counts: of }) => [
      `${setting === 'paper' ? "paper's" : 'Lethe'}: ${strategy}`,
      ...treatments.map((treatment) => String(of[treatment])),
    ]),
  };
}
