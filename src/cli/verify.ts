import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Command } from 'commander';
import { createStores } from '../app/adapters/createStore.js';
import { openDisk } from '../app/adapters/disk.js';
import { learnerSettings } from '../app/config/learnerSettings.js';
import { loadConfig } from '../app/config/loadConfig.js';
import type { LetheConfig } from '../app/config/schema.js';
import { embedderOf } from '../app/embedder.js';
import { payloadLimits } from '../app/payloadLimits.js';
import { LetheError } from '../domain/errors.js';
import type { Embedder } from '../model/embedder/embedder.js';
import { loadClassifier } from '../model/loadClassifier.js';
import { createTrainer } from '../model/training/trainer.js';
import { createLogger } from '../telemetry/logger.js';
import { linesOf, verificationText } from '../verification/report.js';
import { type LabelledVector, verifyClass } from '../verification/verifyClass.js';
import { withOutput } from './connection.js';
import { inputLimits, inputsAt, itemsOf } from './inputs.js';
import { type CliIo, writeNote, writeResult } from './io.js';
import { positive } from './numbers.js';

interface VerifyOptions {
  readonly test: string;
  readonly train?: string;
  readonly seeds: number;
  readonly original?: number;
  readonly config?: string;
  readonly json?: true;
}

/** `lethe verify`: attacks the deployment to see what of a class is left. */
export function verifyCommand(io: CliIo): Command {
  return withOutput(new Command('verify'))
    .description(
      'measure what remains of a class, compared with models that are retrained without it in the same run',
    )
    .argument('<class>', 'its name')
    .requiredOption(
      '--test <input>',
      'labelled inputs of the class and of others that no model was trained on',
    )
    .option('--train <input>', 'the samples of the class, if it was erased')
    .option('--seeds <number>', 'number of models to retrain', positive, 3)
    .option('--original <accuracy>', 'accuracy on the class before it was unlearned, 0 to 1', Number)
    .option('--config <file>', 'configuration file: stores, checkpoints, learning')
    .addHelpText(
      'after',
      `
This command reads the databases and models of a deployment on Redis, or on disk while Lethe does not run, and changes nothing. It
trains several models, which takes time.

Example:
  $ lethe verify cat --test held-out/`,
    )
    .action((className: string, options: VerifyOptions) => verify(className, options, io));
}

async function verify(className: string, options: VerifyOptions, io: CliIo): Promise<void> {
  const { config } = loadConfig({ file: options.config, variables: io.variables });
  if (config.stores.kind === 'memory') throw notShared();
  const logger = createLogger({ level: 'warn', format: 'text' });
  const file = await openDisk(config, () => undefined, { creates: false });
  const embedder = await embedderOf(config);
  const folder = await mkdtemp(join(tmpdir(), 'lethe-verify-'));
  const stores = await createStores(config, embedder, logger, () => undefined, file);
  try {
    const { backend } = config.model;
    const members = options.train && (await vectorsAt(options.train, embedder, config, io));
    const verification = await verifyClass(
      {
        store: stores.store,
        live: async (model) => {
          const local = await stores.checkpoints.fetch(model.checkpoint, model.sha256);
          return loadClassifier({ ...model, checkpoint: pathToFileURL(local).href }, { backend });
        },
        load: (model) => loadClassifier(model, { backend }),
        newTrainer: (seed) =>
          createTrainer({
            checkpoints: join(folder, String(seed)),
            backend,
            dimension: embedder.dimension,
            ...learnerSettings(config.learning, seed),
          }),
      },
      {
        className,
        test: await vectorsAt(options.test, embedder, config, io),
        seeds: Array.from({ length: options.seeds }, (_, index) => config.model.seed + index),
        ...(members && { members: members.map(({ vector }) => vector) }),
        ...(options.original !== undefined && { original: options.original }),
        onProgress: (what) => writeNote(io, what),
      },
    );
    writeResult(
      io,
      options.json,
      { ...verification, lines: linesOf(verification) },
      verificationText(verification).split('\n'),
    );
  } finally {
    await Promise.all([stores.close(), embedder.close()]);
    file?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Labelled inputs as unit vectors. */
async function vectorsAt(
  path: string,
  embedder: Embedder,
  config: LetheConfig,
  io: CliIo,
): Promise<LabelledVector[]> {
  const items = itemsOf(inputsAt(path, io, inputLimits(config, embedder.takes)));
  const vectors: LabelledVector[] = [];
  // With what decodes images, which help does not need.
  const { embedItems } = await import('./embedItems.js');
  for await (const { id, label, vector } of embedItems(items, embedder, payloadLimits(config.limits))) {
    if (label === undefined) throw noLabel(id);
    vectors.push({ label, vector });
  }
  return vectors;
}

function notShared(): LetheError {
  return new LetheError('config-invalid', 'only its own process can read the memory store', {
    field: 'stores.kind',
    value: 'memory',
    remedy: 'Verify what is kept: on disk (stop Lethe first) or in Redis. Set stores.kind.',
  });
}

function noLabel(id: string): LetheError {
  return new LetheError('invalid-message', `the input ${id} has no label`, {
    field: 'label',
    remedy: 'Put the files into folders with the names of their classes, or give "label" in each line.',
  });
}
