import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { groupsOf } from '../../../src/domain/groups.js';
import { around, learn, type Processing, startProcessing } from '../../support/processing.js';

describe('the processor', () => {
  let processing: Processing;
  beforeEach(() => {
    processing = startProcessing();
  });
  afterEach(async () => {
    await processing.stop();
  });

  it('learns a task, answers, forgets a class and answers without it', async () => {
    await learn(processing, 't1', { cat: 0, dog: 4, frog: 8 });
    expect((await processing.query('q1', around(4, 1))).label).toBe('dog');

    await processing.command({ id: 'u1', kind: 'unlearn', classes: ['dog'] });
    const unlearned = await processing.event('unlearned');
    expect(unlearned).toMatchObject({ by: 'name', classes: [{ name: 'dog', moved: 20 }] });
    expect(await processing.store.vectors.count({ database: 'mu' })).toBe(20);

    const answer = await processing.query('q2', around(4, 1));
    expect(answer.label).not.toBe('dog');
    expect(answer.route).toBe('strategy:nearest');
    expect(answer.evidence).toMatchObject({ filtered: true, guarded: true });
    expect(answer.probabilities.map(({ label }) => label)).not.toContain('dog');
    expect((await processing.query('q3', around(0, 1))).label).toBe('cat');
  });

  it('finds the class to be forgotten by examples', async () => {
    await learn(processing, 't1', { cat: 0, dog: 4 });
    const examples = [{ vector: [...around(0, 3)] }, { vector: [...around(0, 5)] }];
    await processing.command({ id: 'u1', kind: 'unlearn', examples });
    expect(await processing.event('unlearned')).toMatchObject({
      by: 'examples',
      classes: [{ name: 'cat', moved: 20 }],
      votes: { cat: 20 },
    });
  });

  it('finds the class of an example although each class has fewer vectors than K', async () => {
    await learn(processing, 't1', { cat: 0, dog: 4, frog: 8 }, 6);
    await processing.command({ id: 'u1', kind: 'unlearn', examples: [{ vector: [...around(8, 2)] }] });
    expect(await processing.event('unlearned')).toMatchObject({
      classes: [{ name: 'frog', moved: 6 }],
      votes: { frog: 3 },
    });
  });

  it('does not push out a remaining class when the examples are of one that is unlearned already', async () => {
    await learn(processing, 't1', { cat: 0, dog: 4 });
    await processing.command({ id: 'u1', kind: 'unlearn', classes: ['cat'] });
    await processing.command({ id: 'u2', kind: 'unlearn', examples: [{ vector: [...around(0, 3)] }] });
    const refused = await processing.event('command-rejected');
    expect(refused.error).toMatchObject({ code: 'class-unlearned', value: 'cat' });
    expect(await processing.store.vectors.count({ database: 'cil' })).toBe(20);
  });

  it('brings a class back by relearn', async () => {
    await learn(processing, 't1', { cat: 0, dog: 4 });
    await processing.command({ id: 'u1', kind: 'unlearn', classes: ['cat'] });
    await processing.command({ id: 'r1', kind: 'relearn', classes: ['cat'] });
    expect(await processing.event('relearned')).toMatchObject({ classes: [{ name: 'cat', moved: 20 }] });
    expect(await processing.query('q', around(0, 2))).toMatchObject({ label: 'cat', route: 'model' });
    expect(await processing.store.vectors.count({ database: 'mu' })).toBe(0);
  });

  it('carries a command out once, however often it is delivered', async () => {
    await learn(processing, 't1', { cat: 0, dog: 4 });
    await processing.command({ id: 'u1', kind: 'unlearn', classes: ['cat'] });
    await processing.command({ id: 'u1', kind: 'unlearn', classes: ['cat'] });
    expect(await processing.event('command-ignored')).toMatchObject({ commandId: 'u1', command: 'unlearn' });
    expect(processing.events().filter(({ kind }) => kind === 'unlearned')).toHaveLength(1);
  });

  it('stores a redelivered sample once and does not count it twice', async () => {
    await processing.command({ id: 'l', kind: 'learn', task: 't', classes: ['cat', 'dog'], samples: 2 });
    await processing.sample('s1', 'cat', 't', around(0, 1));
    await processing.sample('s1', 'cat', 't', around(0, 1));
    await processing.sample('s2', 'dog', 't', around(4, 1));
    expect(await processing.event('task-embedded')).toMatchObject({ samples: 2 });
    expect(await processing.store.vectors.count()).toBe(2);
  });

  it('learns a task whose samples a processor before stored, before it was announced', async () => {
    for (let i = 0; i < 4; i++) await processing.sample(`cat-${i}`, 'cat', 't1', around(0, i));
    const { log, store } = processing;
    await expect.poll(() => store.vectors.count()).toBe(4);
    await processing.stop();
    processing = startProcessing({ log, store });
    await processing.command({ id: 'l1', kind: 'learn', task: 't1', classes: ['cat'], samples: 4 });
    expect(await processing.event('task-finished')).toMatchObject({ task: 't1' });
  });

  it('tells the trainer which classes are unlearned, so that they are not taught again', async () => {
    await learn(processing, 't1', { cat: 0, dog: 4 });
    await processing.command({ id: 'u1', kind: 'unlearn', classes: ['dog'] });
    await processing.event('unlearned');
    await learn(processing, 't2', { frog: 8 });
    expect(processing.training.trained[1]).toMatchObject({ classes: ['frog'], unlearned: ['dog'] });
    expect((await processing.query('q', around(4, 1))).label).not.toBe('dog');
  });

  it('calibrates the filter on the databases after an unlearning', async () => {
    await learn(processing, 't1', { cat: 0, dog: 4, frog: 8 });
    await processing.command({ id: 'u1', kind: 'unlearn', classes: ['dog'] });
    expect(await processing.event('filter-calibrated')).toMatchObject({
      filter: 'relative',
      specificity: 1,
      recall: 1,
    });
  });

  it('settles everything that it reads', async () => {
    await learn(processing, 't1', { cat: 0, dog: 4 });
    await processing.query('q', around(0, 1));
    const { log, topics } = processing;
    expect(await log.lag(groupsOf(topics).learning, [topics.samples])).toBe(0);
    expect(await log.lag(groupsOf(topics).inference, [topics.queries])).toBe(0);
    expect(await log.lag(groupsOf(topics).commands, [topics.commands])).toBe(0);
  });
});
