import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { loadConfig } from 'lethe/internal/app/config/loadConfig.js';
import { secretsOf } from 'lethe/internal/app/config/secrets.js';
import { withOutput } from 'lethe/internal/cli/connection.js';
import { EXPERIMENT_COMMANDS } from 'lethe/internal/cli/experiments.js';
import { type CliIo, writeResult } from 'lethe/internal/cli/io.js';
import { wholeNumber } from 'lethe/internal/cli/numbers.js';
import { startProgress } from 'lethe/internal/cli/progress.js';
import { loadDemoSubset } from 'lethe/internal/data/demoSubset.js';
import { createLogger } from 'lethe/internal/telemetry/logger.js';
import type { Demo } from '../demo/runDemo.js';
import { reportPage } from '../report/page.js';
import { textSummary } from '../report/text.js';

const DATASET = 'CIFAR-10, a seeded subset: 200 training and 50 test images of each class';
/** Long enough for some dozens of queries between two steps. */
const REST_MS = 2_500;

interface DemoOptions {
  readonly config?: string;
  readonly seed?: number;
  readonly out: string;
  readonly queriesPerSecond: number;
  readonly json?: true;
}

/** `lethe demo`: the paper's protocol as a live stream on bundled images, with its numbers and a report. */
export function demoCommand(io: CliIo): Command {
  return withOutput(new Command('demo'))
    .description(EXPERIMENT_COMMANDS.demo)
    .option('--seed <number>', 'seed of the protocol, the training and the queries', wholeNumber)
    .option('--out <folder>', 'folder for report.html and results.json', 'reports/demo')
    .option('--queries-per-second <number>', 'rate of the live queries', positiveNumber, 10)
    .option('--config <file>', 'configuration file')
    .addHelpText(
      'after',
      `
Examples:
  $ lethe demo                     about a minute with native TensorFlow, less than three with WebAssembly
  $ lethe demo --seed 7 --json     other classes and weights; results as JSON`,
    )
    .action((options: DemoOptions) => demo(options, io));
}

async function demo(options: DemoOptions, io: CliIo): Promise<void> {
  const { seed, out, queriesPerSecond, json } = options;
  const { config } = loadConfig({
    file: options.config,
    variables: io.variables,
    // The paper's learner, whatever a Lethe learns with otherwise.
    overrides: {
      ...(seed !== undefined && { model: { seed } }),
      http: { enabled: false },
      learning: { learner: 'ssre' },
    },
  });
  const progress = startProgress(io);
  const logger = createLogger({
    level: 'warn',
    format: config.log.format,
    secrets: secretsOf(config),
    destination: io.stderr,
  });
  // The processor and what judges it are loaded by this command alone.
  const [{ startDemoSystem }, { runDemo }] = await Promise.all([
    import('../demo/demoSystem.js'),
    import('../demo/runDemo.js'),
  ]);
  const system = await startDemoSystem(config, logger);
  let result: Demo;
  try {
    result = await runDemo(
      system,
      {
        dataset: await loadDemoSubset(),
        datasetName: DATASET,
        seed: config.model.seed,
        queriesPerSecond,
        restMs: REST_MS,
      },
      progress.show,
    );
  } finally {
    progress.stop();
    await system.close();
  }
  const { results, plots } = result;
  await mkdir(out, { recursive: true });
  const report = join(out, 'report.html');
  await writeFile(report, await reportPage(results, plots));
  await writeFile(join(out, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  const shown = `${textSummary(results)}\n\nReport: ${relative(process.cwd(), report)}`;
  writeResult(io, json, { ...results, report }, shown.split('\n'));
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('Give a number above 0.');
}
