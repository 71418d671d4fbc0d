import { firstValueFrom, toArray } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { delegating } from '../../../src/adapters/delegating.js';
import type { EventLog } from '../../../src/adapters/eventLog.js';
import { keptNow } from '../../../src/adapters/keptNow.js';
import { LetheError } from '../../../src/domain/errors.js';
import { groupsOf } from '../../../src/domain/groups.js';
import { topicsUnder } from '../../../src/domain/topics.js';
import type { TrainingTask } from '../../../src/model/trainer.js';
import type { Settings } from '../../../src/streams/context.js';
import { purgeTopics } from '../../../src/streams/purgeTopics.js';
import { centroidTraining } from '../../support/centroidTrainer.js';
import { around, learn, memoryLog, type Processing, startProcessing } from '../../support/processing.js';

const stateOf = ({ store }: Processing, name: string) => store.registry.snapshot().classes.get(name)?.state;

/** A training whose rebuilds wait until they are released. */
function heldRebuild() {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const training = centroidTraining(12, async ({ task }) => {
    if (task.startsWith('rebuild')) await released;
  });
  return { training, release };
}

describe('erasing', () => {
  let processing: Processing;
  beforeEach(async () => {
    processing = startProcessing();
    await learn(processing, 't1', { cat: 0, dog: 4, frog: 8 });
  });
  afterEach(async () => {
    await processing.stop();
  });

  it('rebuilds the model without the class, then deletes its vectors', async () => {
    await processing.command({ id: 'u1', kind: 'unlearn', classes: ['cat'] });
    await processing.command({ id: 'e1', kind: 'erase', classes: ['cat'] });
    const accepted = await processing.event('erase-accepted');
    expect(accepted.classes).toEqual([{ name: 'cat', moved: 0 }]);
    const rebuilt = await processing.event('model-rebuilt');
    expect(rebuilt).toMatchObject({ replaces: 'v1', without: ['cat'], evidence: { accuracyAfter: 1 } });
    const erased = await processing.event('erased');
    expect(erased).toMatchObject({ commandId: 'e1', classes: [{ name: 'cat', vectors: 20 }] });
    expect(erased.topics.map(({ topic, records }) => `${topic} ${records}`)).toEqual([
      'test.samples kept',
      'test.queries kept',
      'test.commands kept',
      'test.dead-letters deleted',
    ]);
    expect(processing.training.trained.at(-1)?.classes).toEqual(['dog', 'frog']);
    expect(await processing.store.vectors.count({ classes: ['cat'] })).toBe(0);
    expect(stateOf(processing, 'cat')).toBe('erased');
    await expect
      .poll(() => processing.store.registry.snapshot().classes.get('cat'))
      .toEqual({
        ...{ name: 'cat', task: 't1', state: 'erased', count: 0, centroid: null },
        erasure: expect.objectContaining({ commandId: 'e1', files: 'none' }),
      });
    const answer = await processing.query('q1', around(0, 1));
    expect(answer.modelVersion).toBe(erased.modelVersion);
    expect(answer.probabilities.map(({ label }) => label)).not.toContain('cat');
    expect((await processing.query('q2', around(4, 1))).label).toBe('dog');
  });

  it('unlearns first where it is told to do it now', async () => {
    await processing.command({ id: 'e1', kind: 'erase', classes: ['cat'], now: true });
    expect((await processing.event('erase-accepted')).classes).toEqual([{ name: 'cat', moved: 20 }]);
    await processing.event('erased');
    expect(await processing.store.vectors.count()).toBe(40);
  });

  it('refuses classes that are unknown, not unlearned, or erased already, and changes nothing', async () => {
    const refusal = async (id: string, name: string) => {
      await processing.command({ id, kind: 'erase', classes: [name] });
      return (await processing.event('command-rejected', ({ commandId }) => commandId === id)).error.code;
    };
    expect(await refusal('e1', 'bird')).toBe('unknown-class');
    expect(await refusal('e2', 'cat')).toBe('class-not-learned');
    expect(stateOf(processing, 'cat')).toBe('learned');
    await processing.command({ id: 'e3', kind: 'erase', classes: ['cat'], now: true });
    await processing.event('erased');
    expect(await refusal('e4', 'cat')).toBe('class-erased');
    await processing.command({ id: 'r1', kind: 'relearn', classes: ['cat'] });
    const refused = await processing.event('command-rejected', ({ commandId }) => commandId === 'r1');
    expect(refused.error.code).toBe('class-erased');
  });

  it('learns an erased class anew, from new samples', async () => {
    await processing.command({ id: 'e1', kind: 'erase', classes: ['cat'], now: true });
    await processing.event('erased');
    await expect.poll(() => processing.store.registry.snapshot().classes.get('cat')?.erasing).toBe(undefined);
    await processing.sample('late', 'cat', 't2', around(0, 3));
    await processing.deadLetter(({ code }) => code === 'class-erased');
    await learn(processing, 't2', { cat: 0 });
    expect((await processing.query('q', around(0, 2))).label).toBe('cat');
  });

  it('deletes the dead letters of the class and keeps the others', async () => {
    await processing.command({ id: 'u1', kind: 'unlearn', classes: ['cat', 'dog'] });
    await processing.event('unlearned');
    for (const label of ['cat', 'dog', 'cat']) {
      await processing.sample(`late-${label}`, label, 't1', around(0, 3));
      await processing.deadLetter(({ source }) => source.headers.ce_label === label);
    }
    await expect
      .poll(() => processing.log.lag(groupsOf(processing.topics).learning, ['test.samples']))
      .toBe(0);
    await processing.command({ id: 'e1', kind: 'erase', classes: ['cat'] });
    expect((await processing.event('erased')).deadLetters).toBe(2);
    const { log, topics } = processing;
    const kept = await firstValueFrom(keptNow(log, topics['dead-letters']).pipe(toArray()));
    expect(kept.map(({ headers }) => headers.ce_id)).toEqual(['late-dog']);
  });

  it('relearns a class that was only rebuilt out of the model by training it from its vectors', async () => {
    await processing.command({ id: 'u1', kind: 'unlearn', classes: ['cat', 'dog'] });
    await processing.command({ id: 'e1', kind: 'erase', classes: ['cat'] });
    await processing.event('erased');
    expect(stateOf(processing, 'dog')).toBe('rebuilt');
    await processing.command({ id: 'r1', kind: 'relearn', classes: ['dog'] });
    await processing.event('task-finished', ({ task }) => task === 'relearn-r1');
    expect(stateOf(processing, 'dog')).toBe('learned');
    expect(await processing.query('q', around(4, 2))).toMatchObject({ label: 'dog', route: 'model' });
  });
});

describe('the dead letters of an erased class', () => {
  const topic = 'test.dead-letters';

  it('go whatever they come from: samples by their label, queries by their true label, commands by their classes', async () => {
    const log = memoryLog();
    const letters = [
      { headers: { 'lethe-topic': 'test.queries', ce_id: '1', ce_truth: 'cat' } },
      { headers: { 'lethe-topic': 'test.queries', ce_id: '2', ce_truth: 'dog' } },
      {
        headers: { 'lethe-topic': 'test.commands', ce_id: '3' },
        body: { kind: 'unlearn', classes: ['cat'], x: 1 },
      },
      {
        headers: { 'lethe-topic': 'test.commands', ce_id: '4' },
        body: { kind: 'unlearn', classes: ['dog'], x: 1 },
      },
      { headers: { 'lethe-topic': 'test.samples', ce_id: '5', ce_label: 'cat' } },
    ];
    await log.publish(
      letters.map(({ headers, body = {} }) => ({
        ...{ topic, key: null, value: Buffer.from(JSON.stringify(body)), headers },
      })),
    );
    expect(await purge(log)).toMatchObject({ deadLetters: 3 });
    expect(await idsIn(log)).toEqual(expect.arrayContaining([2, 4]));
    expect(await idsIn(log)).toHaveLength(2);
  });

  const letterOf = (index: number) => ({
    topic,
    key: `k${index}`,
    value: Buffer.alloc(20_000, index),
    headers: { ce_id: String(index), ce_label: index % 3 === 0 ? 'cat' : 'dog' },
  });
  const purge = (log: EventLog) => {
    const { topics, settings } = {
      topics: topicsUnder('test.'),
      settings: { rebuild: { deleteSamples: false } },
    };
    return purgeTopics(['cat'], { log, topics, settings: settings as Settings });
  };
  const idsIn = async (log: EventLog) =>
    (await firstValueFrom(keptNow(log, topic).pipe(toArray()))).map(({ headers }) => Number(headers.ce_id));
  const dogs = Array.from({ length: 3000 }, (_, index) => index).filter((index) => index % 3 !== 0);
  const sorted = (ids: readonly number[]) => [...ids].sort((a, b) => a - b);

  it('go in batches; the others stay once each', async () => {
    const log = memoryLog();
    await log.publish(Array.from({ length: 3000 }, (_, index) => letterOf(index)));
    let largest = 0;
    const watched = delegating(log, {
      publish: (outputs) => {
        largest = Math.max(largest, outputs.length);
        return log.publish(outputs);
      },
    });
    expect(await purge(watched)).toMatchObject({ deadLetters: 1000 });
    expect(sorted(await idsIn(log))).toEqual(dogs);
    expect(largest).toBeLessThanOrEqual(1000);
    expect(await purge(log)).toMatchObject({ deadLetters: 0 });
  });

  it('stay once each where the worker dies between writing and deleting, whenever that is', async () => {
    for (const batches of [1, 2, 3]) {
      const log = memoryLog();
      await log.publish(Array.from({ length: 3000 }, (_, index) => letterOf(index)));
      let left = batches;
      const dying = delegating(log, {
        deleteBefore: (name, offsets) => {
          if (--left === 0) throw new Error('killed');
          return log.deleteBefore(name, offsets);
        },
      });
      await expect(purge(dying)).rejects.toThrow('killed');
      await purge(log);
      expect(sorted(await idsIn(log))).toEqual(dogs);
    }
  });
});

describe('a rebuild', () => {
  it('that is worse than the live model is refused; the class stays suppressed', async () => {
    const training = centroidTraining(12);
    const { rebuild } = training.trainer;
    const wrong = (task: TrainingTask): TrainingTask => ({
      ...task,
      labels: task.labels.map((label) => (label + 1) % task.classes.length),
    });
    const trainer = {
      ...training.trainer,
      rebuild: (task: TrainingTask, ...rest: [Parameters<typeof rebuild>[1]]) =>
        rebuild(wrong(task), ...rest),
    };
    const processing = startProcessing({ training: { ...training, trainer } });
    await learn(processing, 't1', { cat: 0, dog: 4, frog: 8 });
    await processing.command({ id: 'e1', kind: 'erase', classes: ['cat'], now: true });
    expect(await processing.event('erase-failed')).toMatchObject({
      commandId: 'e1',
      classes: ['cat'],
      error: { code: 'rebuild-refused', evidence: { accuracyBefore: 1, accuracyAfter: 0 } },
    });
    expect(processing.store.registry.snapshot()).toMatchObject({ model: { version: 'v1' } });
    expect(processing.store.registry.snapshot().classes.get('cat')).not.toHaveProperty('erasing');
    expect(await processing.store.vectors.count({ database: 'mu' })).toBe(20);
    expect((await processing.query('q', around(4, 1))).label).toBe('dog');
    await processing.stop();
  });

  it('during which other classes changed ends in one event of the erasure', async () => {
    const { training, release } = heldRebuild();
    const processing = startProcessing({ training });
    await learn(processing, 't1', { cat: 0, dog: 4, frog: 8 });
    await processing.command({ id: 'e1', kind: 'erase', classes: ['cat'], now: true });
    await processing.event('erase-accepted');
    await processing.command({ id: 'u1', kind: 'unlearn', classes: ['dog'] });
    await processing.event('unlearned');
    release();
    await processing.event('erased');
    await expect.poll(() => processing.store.registry.snapshot().classes.get('cat')?.erasing).toBe(undefined);
    await processing.stop();
    expect(processing.events().filter(({ kind }) => kind === 'erased')).toHaveLength(1);
  });

  it('that a relearning overtook is made again with the class', async () => {
    const { training, release } = heldRebuild();
    const processing = startProcessing({ training });
    await learn(processing, 't1', { cat: 0, dog: 4, frog: 8 });
    await processing.command({ id: 'u1', kind: 'unlearn', classes: ['dog'] });
    await processing.command({ id: 'e1', kind: 'erase', classes: ['cat'], now: true });
    await expect.poll(() => training.trained.at(-1)?.classes).toEqual(['frog']);
    await processing.command({ id: 'r1', kind: 'relearn', classes: ['dog'] });
    await processing.event('relearned');
    release();
    await processing.event('erased');
    expect(training.trained.at(-1)?.classes).toEqual(['dog', 'frog']);
    expect(await processing.query('q', around(4, 2))).toMatchObject({ label: 'dog', route: 'model' });
    await processing.stop();
  });

  it('that broke off is made after a restart', async () => {
    const log = memoryLog();
    let broken = true;
    const training = centroidTraining(12, async ({ task }) => {
      if (broken && task.startsWith('rebuild')) await new Promise(() => undefined);
    });
    const first = startProcessing({ log, training });
    await learn(first, 't1', { cat: 0, dog: 4 });
    await first.command({ id: 'e1', kind: 'erase', classes: ['cat'], now: true });
    await first.event('erase-accepted');
    await expect.poll(() => training.trained.at(-1)?.task).toBe('rebuild-v1');
    broken = false;
    const second = startProcessing({ log, training, store: first.store });
    expect(await second.event('erased')).toMatchObject({
      commandId: 'e1',
      classes: [{ name: 'cat', vectors: 20 }],
    });
    await second.stop();
  });

  it('that fails takes no erasure along that needs no new model; nor does that one wait for it', async () => {
    const log = memoryLog();
    const rebuilds: ((error: Error) => void)[] = [];
    const training = centroidTraining(12, async ({ task }) => {
      if (task.startsWith('rebuild')) await new Promise((_, reject) => rebuilds.push(reject));
    });
    const first = startProcessing({ log, training });
    await learn(first, 't1', { cat: 0, dog: 4 });
    await first.sample('owl-1', 'owl', 'never announced', around(8, 1));
    await expect.poll(() => first.store.vectors.count({ classes: ['owl'] })).toBe(1);
    await first.command({ id: 'e1', kind: 'erase', classes: ['cat'], now: true });
    await first.command({ id: 'e2', kind: 'erase', classes: ['owl'], now: true });
    await first.event('erase-accepted', ({ commandId }) => commandId === 'e2');
    first.crash();
    const second = startProcessing({ log, training, store: first.store });
    expect(await second.event('erased')).toMatchObject({ commandId: 'e2' });
    await expect.poll(() => rebuilds).toHaveLength(2);
    rebuilds[1]?.(new LetheError('training-failed', 'broken', { remedy: '' }));
    expect(await second.event('erase-failed')).toMatchObject({ commandId: 'e1', classes: ['cat'] });
    await second.stop();
    expect(stateOf(second, 'owl')).toBe('erased');
  });

  it('that a stop broke off is neither given up nor told of as failed, and is made after the next start', async () => {
    const log = memoryLog();
    let breakOff = (_: Error): void => undefined;
    let stopped = false;
    const training = centroidTraining(12, async ({ task }) => {
      if (stopped || !task.startsWith('rebuild')) return;
      await new Promise((_, reject) => {
        breakOff = reject;
      });
    });
    const first = startProcessing({ log, training });
    await learn(first, 't1', { cat: 0, dog: 4 });
    await first.command({ id: 'e1', kind: 'erase', classes: ['cat'], now: true });
    await expect.poll(() => training.trained.at(-1)?.task).toBe('rebuild-v1');
    const stopping = first.stop();
    stopped = true;
    breakOff(new LetheError('training-failed', 'the trainer is closed', { remedy: '', retriable: true }));
    await stopping;
    expect(first.events().map(({ kind }) => kind)).not.toContain('erase-failed');
    const second = startProcessing({ log, training, store: first.store });
    expect(await second.event('erased')).toMatchObject({ commandId: 'e1' });
    await second.stop();
  });

  it('that ends while a stop waits for it ends the erasure', async () => {
    const { training, release } = heldRebuild();
    const processing = startProcessing({ training });
    await learn(processing, 't1', { cat: 0, dog: 4 });
    await processing.command({ id: 'e1', kind: 'erase', classes: ['cat'], now: true });
    await expect.poll(() => training.trained.at(-1)?.task).toBe('rebuild-v1');
    const stopping = processing.stop();
    release();
    await stopping;
    expect(processing.events().map(({ kind }) => kind)).toContain('erased');
  });

  it('that fails of what passes is tried again', async () => {
    let failures = 0;
    const training = centroidTraining(12, async ({ task }) => {
      if (!task.startsWith('rebuild') || failures > 0) return;
      failures++;
      throw new LetheError('training-failed', 'the training process ended', { remedy: '', retriable: true });
    });
    const processing = startProcessing({ training });
    await learn(processing, 't1', { cat: 0, dog: 4 });
    await processing.command({ id: 'e1', kind: 'erase', classes: ['cat'], now: true });
    expect(await processing.event('erased')).toMatchObject({ commandId: 'e1' });
    expect(failures).toBe(1);
    await processing.stop();
  });
});
