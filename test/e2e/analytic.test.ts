import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createDoubleProducts } from '../../src/blas/doubleProducts.js';
import { stacked } from '../../src/domain/vector.js';
import { analyticConfigSchema } from '../../src/model/analytic/config.js';
import { featureMap } from '../../src/model/analytic/features.js';
import { NO_CLASSES, revise } from '../../src/model/analytic/revise.js';
import type { AnalyticState } from '../../src/model/analytic/state.js';
import { madeBy } from '../../src/model/checkpoint/checkpoint.js';
import { sha256Of } from '../../src/model/checkpoint/files.js';
import { readCheckpoint } from '../../src/model/checkpoint/readCheckpoint.js';
import { lethe } from '../support/lethe.js';
import {
  type LetheProcess,
  overServices,
  startLetheProcess,
  type Variables,
} from '../support/letheProcess.js';
import { around } from '../support/processing.js';
import { sharedServices } from '../support/services.js';

const DIMENSION = 1280;
const AXES = { cat: 0, dog: 400, frog: 800 };
const PER_CLASS = 40;
const WAIT = { interval: 100 };

type Name = keyof typeof AXES;

const statusSchema = z.object({
  model: z.object({ version: z.string(), classes: z.array(z.string()), backend: z.string() }),
  classes: z.array(z.object({ name: z.string(), state: z.string() })),
});

const vectorsOf = (name: Name): Float32Array[] =>
  Array.from({ length: PER_CLASS }, (_, i) => around(AXES[name], i, DIMENSION));

function rowsOf({ classes, weights, statistics: { width } }: AnalyticState): Map<string, Float64Array> {
  return new Map(classes.map((name, k) => [name, weights.slice(k * width, (k + 1) * width)]));
}

/** The weights of a fit to these classes alone. */
async function freshFit(names: readonly Name[]): Promise<Map<string, Float64Array>> {
  const products = await createDoubleProducts(1);
  const config = analyticConfigSchema.parse({});
  const learned = {
    classes: names,
    vectors: stacked(names.flatMap(vectorsOf), DIMENSION),
    labels: Int32Array.from(names.flatMap((_, label) => Array<number>(PER_CLASS).fill(label))),
  };
  const map = featureMap(DIMENSION, config);
  const state = await revise(null, { learned, forgotten: NO_CLASSES }, config, map, products);
  await products.release();
  return rowsOf(state);
}

/** The processes that train for a worker. */
function trainersOf({ child }: LetheProcess): number[] {
  const listed = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(child.pid)], { encoding: 'utf8' });
  return listed
    .split('\n')
    .filter((line) => line.includes('training/worker'))
    .map((line) => Number.parseInt(line, 10));
}

const FORMS: {
  readonly form: string;
  readonly survives: boolean;
  readonly open: () => Promise<Variables>;
}[] = [
  {
    form: 'in memory',
    survives: false,
    open: async () => ({
      LETHE_MODEL__CHECKPOINTS: mkdtempSync(join(tmpdir(), 'lethe-analytic-')),
      LETHE_STORES__KIND: 'memory',
      LETHE_TRANSPORT__KIND: 'memory',
    }),
  },
  {
    form: 'on disk',
    survives: true,
    open: async () => ({
      LETHE_MODEL__CHECKPOINTS: mkdtempSync(join(tmpdir(), 'lethe-analytic-')),
      LETHE_DISK__FOLDER: mkdtempSync(join(tmpdir(), 'lethe-analytic-disk-')),
    }),
  },
  {
    form: 'over Kafka and Redis',
    survives: true,
    open: async () => overServices(await sharedServices()),
  },
];

describe.each(FORMS)('lethe run with the analytic learner, $form', ({ open, survives }) => {
  const killed: (() => void)[] = [];
  afterEach(() => {
    for (const kill of killed.splice(0)) kill();
  });

  it('the model follows what is unlearned and relearned, exactly, whatever its learner goes through', async () => {
    const variables: Variables = {
      ...(await open()),
      LETHE_LEARNING__LEARNER: 'analytic',
      LETHE_WORKER__LEASE_MS: '3000',
    };
    const folder = variables.LETHE_MODEL__CHECKPOINTS ?? '';
    const start = () => startLetheProcess([], variables, (child) => killed.push(() => child.kill('SIGKILL')));
    let worker = await start();
    const run = async (...args: string[]) => {
      const ran = await lethe([...args, '--url', worker.url], variables);
      expect(ran).toMatchObject({ code: 0 });
      return ran.stdout;
    };
    const status = async () => statusSchema.parse(JSON.parse(await run('status', '--json')));
    const stateOf = async (name: Name) => {
      const { classes, model } = await status();
      return [classes.find((each) => each.name === name)?.state, model.classes.includes(name)];
    };
    const weights = async () => {
      const place = join(folder, (await status()).model.version);
      const sha256 = sha256Of(await readFile(join(place, 'manifest.json')));
      return rowsOf(madeBy('analytic', await readCheckpoint(place, sha256)).state);
    };
    const teach = async (task: string, names: readonly Name[]) => {
      const lines = names.flatMap((label) =>
        vectorsOf(label).map((vector, i) =>
          JSON.stringify({ id: `${label}-${i}`, label, vector: [...vector] }),
        ),
      );
      const file = join(folder, `${task}.jsonl`);
      await writeFile(file, lines.join('\n'));
      await run('learn', file, '--task', task);
    };
    const asked = join(folder, 'query.jsonl');
    await writeFile(asked, JSON.stringify({ id: 'q', vector: [...around(AXES.dog, 1, DIMENSION)] }));
    const answer = async () =>
      z.object({ label: z.string() }).parse(JSON.parse(await run('produce', 'queries', asked, '--json')))
        .label;
    /** Does something while the learner is stopped; then it dies, or where nothing would be left goes on. */
    const whileItStandsStill = async (work: () => Promise<unknown>): Promise<void> => {
      const trainers = trainersOf(worker);
      expect(trainers).toHaveLength(1);
      const signal = (name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void => {
        for (const pid of trainers) process.kill(pid, name);
      };
      signal('SIGSTOP');
      try {
        await work();
        if (survives) {
          worker.child.kill('SIGKILL');
          await worker.ended;
        }
      } finally {
        signal(survives ? 'SIGKILL' : 'SIGCONT');
      }
      if (survives) worker = await start();
    };

    await teach('t1', ['cat', 'dog']);
    await teach('t2', ['frog']);
    const whole = await weights();
    expect(whole).toEqual(await freshFit(['cat', 'dog', 'frog']));
    expect(await answer()).toBe('dog');

    await whileItStandsStill(async () => {
      await run('unlearn', 'dog');
      expect(await stateOf('dog')).toEqual(['unlearned', true]);
      expect(await answer()).not.toBe('dog');
    });
    await expect.poll(() => stateOf('dog'), WAIT).toEqual(['rebuilt', false]);
    expect(await weights()).toEqual(await freshFit(['cat', 'frog']));
    expect(await answer()).not.toBe('dog');

    await whileItStandsStill(async () => {
      await run('relearn', 'dog');
      expect(await stateOf('dog')).toEqual(['learning', false]);
    });
    await expect.poll(() => stateOf('dog'), WAIT).toEqual(['learned', true]);
    expect(await weights()).toEqual(whole);
    expect(await answer()).toBe('dog');
  });
});
