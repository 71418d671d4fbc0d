import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FORGOTTEN } from '../../../src/domain/classes.js';
import { encodeSample } from '../../../src/domain/cloudEvents.js';
import type { Command } from '../../../src/domain/messages/command.js';
import { around, learn, type Processing, startProcessing } from '../../support/processing.js';

let processing: Processing;
beforeEach(() => {
  processing = startProcessing();
});
afterEach(() => processing.stop());

const stateOf = (name: string) => processing.store.registry.snapshot().classes.get(name)?.state;
const done = (id: string) => (event: { readonly commandId: string }) => event.commandId === id;

describe('classes called like what objects inherit', () => {
  it.each(['__proto__', 'constructor', 'toString', 'unknown'])('%s is a class like others', async (name) => {
    await learn(processing, 't1', { [name]: 0, dog: 4 });
    expect(await processing.query('q1', around(0, 1))).toMatchObject({ label: name, route: 'model' });

    await processing.command({ id: 's1', kind: 'unlearn', samples: [`${name}-0`, `${name}-1`] });
    const { classes } = await processing.event('samples-unlearned', done('s1'));
    expect(classes).toEqual([{ name, removed: 2, remaining: 18 }]);
    expect(processing.store.registry.snapshot().classes.get(name)?.count).toBe(18);

    await processing.command({ id: 'u1', kind: 'unlearn', examples: [{ vector: [...around(0, 3)] }] });
    const { votes } = await processing.event('unlearned', done('u1'));
    expect(Object.entries(votes ?? {}).map(([key]) => key)).toContain(name);
    expect(stateOf(name)).toBe('unlearned');
    expect((await processing.query('q2', around(0, 1))).label).toBe('dog');

    await processing.command({ id: 'r1', kind: 'relearn', classes: [name] });
    await processing.event('relearned', done('r1'));
    await processing.command({ id: 'e1', kind: 'erase', classes: [name], now: true });
    expect((await processing.event('erased', done('e1'))).classes).toMatchObject([{ name }]);
    expect(stateOf(name)).toBe('erased');
  });
});

describe('a class that is named in another form', () => {
  it('is the same class', async () => {
    await learn(processing, 't1', { 'ole\u0301': 0, dog: 4 });
    expect((await processing.query('q1', around(0, 1))).label).toBe('ol\u00e9');
    await processing.command({ id: 'u1', kind: 'unlearn', classes: ['ole\u0301'] });
    await processing.event('unlearned');
    expect(stateOf('ol\u00e9')).toBe('unlearned');
  });
});

describe('what was stored before names had a normal form', () => {
  /** As a registry of an earlier version holds it. */
  const stored = async (...names: readonly string[]) => {
    const { registry, vectors } = processing.store;
    await registry.update(() => ({
      put: names.map((name) => ({ name, state: 'learned', task: 't0', count: 3, centroid: around(0, 0) })),
    }));
    for (const [at, className] of names.entries())
      await vectors.upsert('cil', [
        { id: `e\u0301${at}`, className, task: 't0', vector: around(0, at), subject: 'me\u0301 \u200b' },
      ]);
  };

  it.each([
    ['another form of Unicode', 'ole\u0301', 'ol\u00e9'],
    ['a space behind', 'cat ', 'cat'],
    ['a zero-width space', 'ca\u200bt', 'cat'],
    ['nothing that can be seen', '\u200b\u200b', 'U+200B U+200B'],
  ])(
    'with %s is forgotten, brought back and erased by the name that it looks like',
    async (_, name, named) => {
      await stored(name);
      await processing.command({ id: 'u1', kind: 'unlearn', classes: [named] });
      expect((await processing.event('unlearned')).classes).toEqual([{ name, moved: 1 }]);
      expect(stateOf(name)).toBe('unlearned');
      await processing.command({ id: 'e1', kind: 'erase', classes: [named] });
      expect((await processing.event('erase-accepted')).classes).toMatchObject([{ name }]);
    },
  );

  it('leaves no dead letter behind when it is erased', async () => {
    await learn(processing, 't1', { cat: 0, dog: 4 });
    const { topics, log } = processing;
    const payload = { kind: 'vector' as const, vector: around(0, 1) };
    const { headers, ...record } = encodeSample({ id: 'x', label: 'cat', task: 't1', payload }, topics);
    for (const ce_label of ['ca\u200bt', 'cat ', 'cat'])
      await log.publish([{ ...record, headers: { ...headers, ce_label } }]);
    await expect.poll(() => processing.signals.filter(({ kind }) => kind === 'dead-letter').length).toBe(3);
    await processing.command({ id: 'e1', kind: 'erase', classes: ['cat'], now: true });
    expect(await processing.event('erased')).toMatchObject({ deadLetters: 3 });
  });

  it('twice is forgotten twice, and not learned a third time', async () => {
    await stored('ole\u0301', 'ol\u00e9');
    await processing.command({ id: 'l1', kind: 'learn', task: 't1', classes: ['ol\u00e9'], samples: 1 });
    expect((await processing.event('command-rejected')).error.code).toBe('class-known');
    await processing.command({ id: 'u1', kind: 'unlearn', classes: ['ol\u00e9'] });
    expect((await processing.event('unlearned')).classes).toHaveLength(2);
    for (const name of ['ole\u0301', 'ol\u00e9']) expect(FORGOTTEN).toContain(stateOf(name));
  });

  it('is found by id and by subject as it was written', async () => {
    await stored('a', 'b');
    await processing.command({ id: 's1', kind: 'unlearn', samples: ['\u00e90'] });
    expect(await processing.event('samples-unlearned', done('s1'))).toMatchObject({ asked: 1 });
    expect(await processing.store.vectors.count()).toBe(1);
    await processing.command({ id: 's2', kind: 'unlearn', subject: 'm\u00e9 \u200b' });
    expect(await processing.event('samples-unlearned', done('s2'))).toMatchObject({ asked: 1 });
    expect(await processing.store.vectors.count()).toBe(0);
  });

  it.each<Command>([
    { id: 'x', kind: 'unlearn', subject: 'nobody\u200b' },
    { id: 'x', kind: 'unlearn', samples: ['none '] },
  ])('is not forgotten in appearance only: %j', async (command) => {
    await processing.command(command);
    const { error } = await processing.event('command-rejected');
    expect(error).toMatchObject({ code: 'invalid-message' });
  });
});
