import { join } from 'node:path';
import { Command } from 'commander';
import { withOutput } from 'lethe/internal/cli/connection.js';
import { dataProgress } from 'lethe/internal/cli/dataProgress.js';
import { type CliIo, writeNote, writeResult } from 'lethe/internal/cli/io.js';
import { positive, wholeNumber } from 'lethe/internal/cli/numbers.js';
import { type Progress, startProgress } from 'lethe/internal/cli/progress.js';
import { cacheFolder } from 'lethe/internal/data/cacheFolder.js';
import { createEmbedder } from 'lethe/internal/model/embedder/createEmbedder.js';
import { markdownOf, plainText, tablesPage } from 'lethe/internal/report/dataTable.js';
import { runFacts } from '../demo/runFacts.js';
import {
  type ExperimentDataset,
  firstOfEachClass,
  openCifar10,
  openCifar100,
  openDemoSubset,
} from '../embeddings/datasets.js';
import { embedDataset } from '../embeddings/embedDataset.js';
import { fig5Csv, fig5Plot, fig5Tables, workloadSpeeds } from '../fig5/report.js';
import { pngOf } from '../plots/png.js';
import { leadOf } from '../report/lead.js';
import { hashOf, writeWhole } from '../resultFiles.js';
import {
  chosenEmbedder,
  type ExperimentOptions,
  experimentConfig,
  limitsOf,
  withExperimentOptions,
} from './experimentOptions.js';

interface Fig5Options extends ExperimentOptions {
  readonly seed: number;
  readonly initial: number;
  readonly requests: number;
  readonly learnClasses: number;
  readonly unlearnClasses: number;
}

/** `lethe experiment fig5`: the workloads of Fig. 5. */
export function fig5Command(io: CliIo): Command {
  return withExperimentOptions(withOutput(new Command('fig5')), 'reports/fig5')
    .description(
      'Fig. 5: 50 classes, then 8 CIL tasks, 8 MU tasks, or both; speed-up over Retrain and Restore',
    )
    .requiredOption(
      '--data <folder>',
      'CIFAR-100 (the binary version, or sprites with an index.json), or `cifar10` or `part` for a smaller run',
    )
    .option('--seed <number>', 'seed of protocol and training', wholeNumber, 1993)
    .option('--initial <number>', 'number of classes of the first task', positive, 50)
    .option('--requests <number>', 'number of requests after the first task', positive, 8)
    .option('--learn-classes <number>', 'number of new classes of each CIL task', positive, 6)
    .option('--unlearn-classes <number>', 'number of unlearned classes of each MU task', positive, 1)
    .addHelpText(
      'after',
      `
An interrupted run resumes with the missing workloads.

Examples:
  $ lethe experiment fig5 --data cifar-100-binary
  $ lethe experiment fig5 --data part --initial 5 --requests 2 --learn-classes 1`,
    )
    .action((options: Fig5Options) => fig5(options, io));
}

async function fig5(options: Fig5Options, io: CliIo): Promise<void> {
  const progress = startProgress(io);
  try {
    const { results, text, files } = await measured(options, io, progress);
    progress.stop();
    const shown = [...text.split('\n'), '', `Written: ${files.join(', ')}`];
    writeResult(io, options.json, { ...results, files }, shown);
  } finally {
    progress.stop();
  }
}

async function measured(options: Fig5Options, io: CliIo, progress: Progress) {
  const startedAt = new Date();
  const { out, seed, samples } = options;
  const config = experimentConfig(options, io);
  const cache = cacheFolder(io.variables);
  const onProgress = dataProgress(progress);
  const all = await datasetOf(options.data ?? '', cache, progress);
  const dataset = firstOfEachClass(all, limitsOf(options));
  const description = await chosenEmbedder(options, io, onProgress);
  const embedded = await embedDataset(dataset, description, {
    cache,
    precision: options.precision,
    onProgress,
  });
  const sizes = {
    initial: options.initial,
    requests: options.requests,
    learn: options.learnClasses,
    unlearn: options.unlearnClasses,
  };
  const embeddings = embedded.folder.slice(cache.length + 1);
  const { learning, unlearning, model } = config;
  const settings = {
    embeddings,
    sizes,
    samples: samples ?? null,
    ssre: learning.ssre,
    analytic: learning.analytic,
    unlearning,
    backend: model.backend,
  };
  const embedder = await createEmbedder(description);
  try {
    const { runFig5 } = await import('../fig5/runFig5.js');
    const workloads = await runFig5(
      {
        dataset,
        embedded,
        embedder,
        config,
        sizes,
        seed,
        settingsHash: hashOf({ ...settings, seed }),
      },
      out,
      progress.show,
      (workload, file) => writeNote(io, `${workload}: taken from ${file}`),
    );
    const facts = runFacts(startedAt, {
      seed,
      dataset: dataset.description,
      embedder: embedder.name,
      backend: workloads[0]?.backend ?? 'unknown',
      filter: 'none: only times are measured',
    });
    const results = { facts, settings, speeds: workloadSpeeds(workloads), workloads };
    const tables = fig5Tables(workloads);
    const svg = await fig5Plot(workloads);
    const lead = leadOf(facts);
    const files = {
      'fig5.md': `# Fig. 5\n\n${lead}\n\n${markdownOf(tables)}\n\n![Speed-up by workload](fig5.svg)\n`,
      'fig5.csv': fig5Csv(workloads),
      'fig5.json': `${JSON.stringify(results, null, 2)}\n`,
      'fig5.svg': svg,
      'fig5.png': await pngOf(svg),
      'fig5.html': await tablesPage('Fig. 5 of eCIL-MU, by Lethe', lead, tables, [
        { svg, caption: 'Speed-up by workload; the first table has the same figures.' },
      ]),
    };
    for (const [name, content] of Object.entries(files)) await writeWhole(join(out, name), content);
    return { results, text: plainText(tables), files: Object.keys(files).map((name) => join(out, name)) };
  } finally {
    await embedder.close();
  }
}

function datasetOf(data: string, cache: string, progress: Progress): Promise<ExperimentDataset> {
  if (data === 'part') return openDemoSubset();
  if (data === 'cifar10') return openCifar10(undefined, cache, dataProgress(progress));
  return openCifar100(data);
}
