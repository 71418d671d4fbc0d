import { afterEach, describe, expect, it } from 'vitest';
import type { EventLog } from '../../../src/adapters/eventLog.js';
import type { KnowledgeStore } from '../../../src/adapters/knowledgeStore.js';
import { encodeSample } from '../../../src/domain/cloudEvents.js';
import { around, memoryLog, type Processing, startProcessing } from '../../support/processing.js';

const TASK = 'animals';

describe('samples that are refused, and sent again as they should be', () => {
  let processing: Processing;
  const started = (log?: EventLog, store?: KnowledgeStore, taskTimeoutMs = 60_000): void => {
    processing = startProcessing({
      ...(log && { log }),
      ...(store && { store }),
      settings: { taskTimeoutMs },
    });
  };
  afterEach(() => processing.stop());

  const announce = (samples: number, id = 'l1') =>
    processing.command({ id, kind: 'learn', task: TASK, classes: ['p', 'q'], samples });
  const good = (id: string, index = Number(id.slice(1))) =>
    processing.sample(id, id.slice(0, 1), TASK, around(id.startsWith('p') ? 0 : 4, index));
  /** Resolves when the sample is a dead letter. */
  const wrong = async (id: string) => {
    await processing.sample(id, id.slice(0, 1), TASK, Float32Array.of(1, 2));
    await processing.deadLetter(({ source }) => source.headers.ce_id === id);
  };
  const headers = (id: string, label: string): Record<string, string> => ({
    ...encodeSample(
      { id: 'x', label, task: TASK, payload: { kind: 'vector', vector: Float32Array.of(1) } },
      processing.topics,
    ).headers,
    ce_id: id,
  });
  const letters = () => processing.signals.filter(({ kind }) => kind === 'dead-letter').length;
  const counts = async () => {
    const { named, nameless } = await processing.store.registry.refusedOf(TASK);
    return [await processing.store.vectors.count(), named, nameless];
  };

  it('count once: a task is not closed early by a correction', async () => {
    started();
    await announce(6);
    await wrong('p1');
    for (const id of ['p1', 'p2', 'q1', 'q2', 'q3']) await good(id);
    await expect.poll(counts).toEqual([5, 0, 0]);
    await good('p3');
    expect(await processing.event('task-started')).toMatchObject({ samples: 6 });
    expect(letters()).toBe(1);
  });

  it('count once where they are refused again and again, and where the correction comes before the announcement', async () => {
    started();
    await wrong('p1');
    await wrong('p2');
    await announce(4);
    await processing.event('task-announced');
    await good('p1');
    await good('q1');
    await expect.poll(counts).toEqual([2, 1, 0]);
    await good('q2');
    expect(await processing.event('task-started')).toMatchObject({ samples: 3 });
  });

  it('count once across a restart', async () => {
    const log = memoryLog();
    started(log);
    await announce(5);
    await wrong('p1');
    await wrong('p2');
    await good('q1');
    await expect.poll(counts).toEqual([1, 2, 0]);
    await processing.stop();
    started(log, processing.store);
    await good('p1');
    await good('p3');
    await expect.poll(counts).toEqual([3, 1, 0]);
    await good('q2');
    expect(await processing.event('task-started')).toMatchObject({ samples: 4 });
  });

  it('count once where they were sent under another task by mistake', async () => {
    started();
    await processing.command({ id: 'l0', kind: 'learn', task: 'others', classes: ['r'], samples: 2 });
    await announce(2);
    await processing.event('task-announced', ({ task }) => task === TASK);
    await processing.sample('p1', 'p', 'others', around(0, 1));
    await processing.deadLetter(({ source }) => source.headers.ce_id === 'p1');
    await good('p1');
    await good('q1');
    await processing.event('task-finished', ({ task }) => task === TASK);
    expect(await processing.store.registry.refusedOf('others')).toEqual({ named: 0, nameless: 0 });
    await processing.sample('r1', 'r', 'others', around(8, 1));
    await processing.sample('r2', 'r', 'others', around(8, 2));
    expect(await processing.event('task-started', ({ task }) => task === 'others')).toMatchObject({
      samples: 2,
    });
    expect(letters()).toBe(1);
  });

  it('close no task where they have no id: their corrections are waited for, and done without in the end', async () => {
    started(undefined, undefined, 100);
    const value = Buffer.from('[1]');
    await processing.log.publish(
      ['', 'in\u200bvisible'].map((id) => ({
        topic: processing.topics.samples,
        key: 'p',
        value,
        headers: headers(id, 'p'),
      })),
    );
    await expect.poll(letters).toBe(2);
    for (const id of ['p1', 'q1']) await good(id);
    await expect.poll(counts).toEqual([2, 0, 2]);
    await announce(4);
    expect(await processing.event('task-started')).toMatchObject({ samples: 2 });
  });

  it('of an id that another sample has do not count for that one', async () => {
    started();
    await announce(4);
    await good('p1');
    await expect.poll(counts).toEqual([1, 0, 0]);
    await processing.sample('p1', 'q', TASK, around(4, 1));
    await expect.poll(letters).toBe(1);
    for (const id of ['q1', 'q2']) await good(id);
    await expect.poll(counts).toEqual([3, 0, 1]);
    await good('q3');
    expect(await processing.event('task-started')).toMatchObject({ samples: 4 });
  });
});
