import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { encodeSample } from '../../../src/domain/cloudEvents.js';
import { centroidTraining } from '../../support/centroidTrainer.js';
import { PATCH_DIMENSION, patchEmbedder } from '../../support/patchEmbedder.js';
import { around, startProcessing } from '../../support/processing.js';

/** Virtual milliseconds that the embedding of a batch and the training of a task take. */
const EMBEDDING = 100;
const TRAINING = 10_000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const CIFAR_IMAGE = new Uint8Array(3072).fill(90);

/** Fig. 2 of eCIL-MU on virtual time: what may overlap does, and only training waits for training. */
describe('the overlap of learning, unlearning and inference', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function start() {
    const processing = startProcessing({
      embedder: patchEmbedder(() => pause(EMBEDDING)),
      training: centroidTraining(PATCH_DIMENSION, () => pause(TRAINING)),
    });
    const times: Record<string, number> = {};
    const note = async (name: string, happened: Promise<unknown>): Promise<void> => {
      await happened;
      times[name] = Date.now();
    };
    return { processing, times, note };
  }
  /** Lets virtual time pass in small steps, with real turns of the event loop for sharp's threads in between. */
  async function advance(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 50) {
      await new Promise((resolve) => setImmediate(resolve));
      await vi.advanceTimersByTimeAsync(50);
    }
  }

  it('embeds the next task while this one trains, and trains them one after the other', async () => {
    const { processing, times, note } = start();
    const image = (id: string, label: string, task: string) =>
      encodeSample(
        {
          id,
          label,
          task,
          payload: { kind: 'image', contentType: 'application/x-cifar', bytes: CIFAR_IMAGE },
        },
        processing.topics,
      );
    for (const task of ['t1', 't2']) {
      await processing.command({ id: `l-${task}`, kind: 'learn', task, classes: [`${task}-a`], samples: 1 });
      await processing.log.publish([image(`${task}-1`, `${task}-a`, task)]);
      for (const kind of ['task-embedded', 'task-started', 'task-finished'] as const) {
        void note(
          `${task} ${kind}`,
          processing.event(kind, (event) => event.task === task),
        );
      }
    }
    await advance(2.5 * TRAINING);
    await processing.stop();

    expect(times['t2 task-embedded']).toBeLessThan(times['t1 task-finished'] as number);
    expect(processing.signals.filter(({ kind }) => kind === 'stored')).toHaveLength(2);
    expect(times['t2 task-started']).toBeGreaterThanOrEqual(times['t1 task-finished'] as number);
    const storedBoth = processing.signals.findLastIndex(({ kind }) => kind === 'stored');
    const firstFinished = processing.signals.findIndex(
      (signal) => signal.kind === 'event' && signal.event.kind === 'task-finished',
    );
    expect(storedBoth).toBeLessThan(firstFinished);
  });

  it('unlearns and answers at once while a task trains', async () => {
    const { processing } = start();
    await processing.command({ id: 'l1', kind: 'learn', task: 't1', classes: ['cat', 'dog'], samples: 4 });
    for (const [index, label] of ['cat', 'cat', 'dog', 'dog'].entries()) {
      await processing.sample(`s${index}`, label, 't1', around(label === 'cat' ? 0 : 4, index));
    }
    await advance(1.5 * TRAINING);
    await processing.command({ id: 'l2', kind: 'learn', task: 't2', classes: ['frog'], samples: 1 });
    await processing.sample('s5', 'frog', 't2', around(8, 1));
    await advance(1000);
    expect(processing.training.trained).toHaveLength(2);

    await processing.command({ id: 'u1', kind: 'unlearn', classes: ['cat'] });
    // No virtual time passes meanwhile, so that neither can have waited for the training.
    await processing.event('unlearned');
    await processing.query('q1', around(0, 1));
    await advance(2 * TRAINING);
    await processing.stop();

    const order = processing.signals.flatMap((signal) =>
      signal.kind === 'event'
        ? [signal.event.kind]
        : signal.kind === 'prediction'
          ? ['prediction' as const]
          : [],
    );
    expect(order.indexOf('prediction')).toBeLessThan(order.lastIndexOf('task-finished'));
    expect(order.indexOf('unlearned')).toBeLessThan(order.lastIndexOf('task-finished'));
  });
});
