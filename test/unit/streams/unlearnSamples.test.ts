import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FORGOTTEN } from '../../../src/domain/classes.js';
import { encodeSample } from '../../../src/domain/cloudEvents.js';
import { classCentre } from '../../../src/knowledge/classCentre.js';
import { around, learn, type Processing, startProcessing } from '../../support/processing.js';

describe('unlearning samples', () => {
  let processing: Processing;
  beforeEach(() => {
    processing = startProcessing();
  });
  afterEach(async () => {
    await processing.stop();
  });
  const record = (name: string) => processing.store.registry.snapshot().classes.get(name);

  it('deletes them by id, corrects the class, and rebuilds the model without them', async () => {
    await learn(processing, 't1', { cat: 0, dog: 4 });
    const ids = ['cat-0', 'cat-1', 'dog-5', 'no-such-sample'];
    await processing.command({ id: 'u1', kind: 'unlearn', samples: ids });
    const told = await processing.event('samples-unlearned');
    expect(told).toMatchObject({ by: 'id', asked: 4 });
    expect(new Map(told.classes.map((each) => [each.name, each]))).toEqual(
      new Map([
        ['cat', { name: 'cat', removed: 2, remaining: 18 }],
        ['dog', { name: 'dog', removed: 1, remaining: 19 }],
      ]),
    );
    expect(await processing.store.vectors.get(ids)).toEqual([]);
    await processing.event('model-rebuilt');
    const rebuilt = processing.training.trained.at(-1);
    expect(rebuilt?.labels.filter((label) => rebuilt.classes[label] === 'cat')).toHaveLength(18);
    const centre = await classCentre(processing.store.vectors, 'cat');
    expect(record('cat')).toEqual({ name: 'cat', task: 't1', state: 'learned', ...centre });
    expect(await processing.query('q', around(0, 2))).toMatchObject({ label: 'cat', route: 'model' });
  });

  it('does not take an unlearned sample in again', async () => {
    await learn(processing, 't1', { cat: 0 });
    await processing.command({ id: 'u1', kind: 'unlearn', samples: ['cat-0', 'new'] });
    await processing.event('samples-unlearned');
    await processing.sample('new', 'dog', 't2', around(4, 3));
    const letter = await processing.deadLetter(({ source }) => source.headers.ce_id === 'new');
    expect(letter.code).toBe('sample-unlearned');
  });

  it('finds them by their subject, across classes', async () => {
    const { log, topics } = processing;
    await processing.command({ id: 'l1', kind: 'learn', task: 't1', classes: ['cat', 'dog'], samples: 40 });
    for (const [label, axis] of [
      ['cat', 0],
      ['dog', 4],
    ] as const) {
      for (let i = 0; i < 20; i++) {
        const payload = { kind: 'vector' as const, vector: around(axis, i) };
        const subject = i < 3 ? 'customer 7' : 'customer 8';
        await log.publish([
          encodeSample({ id: `${label}-${i}`, label, task: 't1', subject, payload }, topics),
        ]);
      }
    }
    await processing.event('task-finished');
    await processing.command({ id: 'u1', kind: 'unlearn', subject: 'customer 7' });
    expect(await processing.event('samples-unlearned')).toMatchObject({ by: 'subject', asked: 6 });
    expect(await processing.store.vectors.count()).toBe(34);
    expect(await processing.store.vectors.idsOf('customer 7')).toEqual([]);
    expect(await processing.store.vectors.idsOf('customer 8')).toHaveLength(34);
  });

  it('unlearns a class of which nothing remains', async () => {
    await learn(processing, 't1', { cat: 0, dog: 4 }, 3);
    await processing.command({ id: 'u1', kind: 'unlearn', samples: ['cat-0', 'cat-1', 'cat-2'] });
    await processing.event('samples-unlearned');
    expect(FORGOTTEN).toContain(record('cat')?.state);
    expect((await processing.query('q', around(0, 2))).label).toBe('dog');
    await processing.event('model-rebuilt');
    expect(record('cat')).toMatchObject({ state: 'rebuilt', count: 0, centroid: null });
  });

  it('lets a task go on whose samples are unlearned while they arrive', async () => {
    await processing.command({ id: 'l1', kind: 'learn', task: 't1', classes: ['cat'], samples: 4 });
    for (let i = 0; i < 3; i++) await processing.sample(`cat-${i}`, 'cat', 't1', around(0, i));
    await expect.poll(() => processing.store.vectors.count()).toBe(3);
    await processing.command({ id: 'u1', kind: 'unlearn', samples: ['cat-1'] });
    await processing.event('samples-unlearned');
    // Sent again it is refused, and still one sample.
    await processing.sample('cat-1', 'cat', 't1', around(0, 1));
    await processing.deadLetter(({ source }) => source.headers.ce_id === 'cat-1');
    await processing.sample('cat-3', 'cat', 't1', around(0, 3));
    await processing.event('task-finished');
    expect(record('cat')).toMatchObject({ state: 'learned', count: 3 });
  });
});
