import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClassRegistry } from '../../../src/adapters/knowledgeStore.js';
import { confirmationOf, noteTold } from '../../../src/auditing/confirmEvent.js';
import { encodeEvent } from '../../../src/domain/cloudEvents.js';
import { LetheError } from '../../../src/domain/errors.js';
import type { LetheEvent } from '../../../src/domain/messages/event.js';
import { storeOf, taskOf } from '../../support/knowledge.js';
import { learn, type Processing, startProcessing } from '../../support/processing.js';

describe('what the registry says of an event', () => {
  let processing: Processing;
  const confirmed = (event: LetheEvent, registry: ClassRegistry = processing.store.registry) =>
    confirmationOf({ ...event }, encodeEvent(event, 'test', processing.topics).value, registry);
  const told = <K extends LetheEvent['kind']>(kind: K, commandId: string) =>
    processing.event(kind, (event) => 'commandId' in event && event.commandId === commandId);

  beforeEach(async () => {
    processing = startProcessing();
    await learn(processing, 't1', { cat: 0, dog: 4, frog: 8 });
  });
  afterEach(() => processing.stop());

  it('confirms what was done, also after the classes have moved on', async () => {
    await processing.command({ id: 'u1', kind: 'unlearn', classes: ['cat'] });
    await processing.command({ id: 'r1', kind: 'relearn', classes: ['cat'] });
    await processing.command({ id: 's1', kind: 'unlearn', samples: ['dog-1'] });
    await processing.command({ id: 'e1', kind: 'erase', classes: ['frog'], now: true });
    await processing.event('erasure-completed');
    const [{ id = '' } = {}] = await processing.store.holders.list();
    await processing.command({ id: 'g1', kind: 'declare-gone', workers: [id] });
    await learn(processing, 't2', { frog: 8 });
    const events = [
      await told('task-announced', 'learn-t1'),
      await told('task-announced', 'learn-t2'),
      await told('unlearned', 'u1'),
      await told('relearned', 'r1'),
      await told('samples-unlearned', 's1'),
      await told('erase-accepted', 'e1'),
      await told('erased', 'e1'),
      await told('erasure-completed', 'e1'),
      await told('workers-gone', 'g1'),
    ];
    for (const event of events)
      expect([event.kind, await confirmed(event)]).toMatchObject([event.kind, { confirms: true }]);
    // Nothing to look up.
    expect(await confirmed({ kind: 'command-ignored', commandId: 'u1', command: 'unlearn' })).toBeUndefined();
  });

  it('does not confirm what was made up', async () => {
    await processing.command({ id: 'u1', kind: 'unlearn', classes: ['cat'] });
    const unlearned = await told('unlearned', 'u1');
    await processing.command({ id: 'r1', kind: 'relearn', classes: ['cat'] });
    const relearned = await told('relearned', 'r1');
    await processing.command({ id: 'e1', kind: 'erase', classes: ['frog'], now: true });
    const accepted = await told('erase-accepted', 'e1');
    const erased = await told('erased', 'e1');
    const completed = await told('erasure-completed', 'e1');
    const [{ id = '' } = {}] = await processing.store.holders.list();
    await processing.command({ id: 'g1', kind: 'declare-gone', workers: [id] });
    const gone = await told('workers-gone', 'g1');
    const [of] = unlearned.classes;
    const forged: readonly (readonly [LetheEvent, string])[] = [
      [{ ...unlearned, commandId: 'nobody' }, 'no receipt of command nobody'],
      [{ ...unlearned, classes: [{ name: 'dog', moved: 20 }] }, 'about other classes'],
      [{ ...unlearned, classes: [{ name: 'dog', moved: 20 }, ...(of ? [of] : [])] }, 'about other classes'],
      [{ ...unlearned, registryVersion: 1e6 }, 'made version'],
      [{ ...unlearned, registryVersion: 0 }, 'made version'],
      [{ ...unlearned, commandId: 'r1' }, 'had another effect (relearned)'],
      [{ ...relearned, commandId: 'u1' }, 'had another effect (unlearned)'],
      [{ ...accepted, commandId: 'r1' }, 'had another effect (relearned)'],
      // Of a command that was carried out, and not as it was told.
      [{ ...erased, deadLetters: erased.deadLetters + 1 }, 'no record of this erasure'],
      [{ ...erased, commandId: 'u1' }, 'no record of this erasure'],
      [{ ...completed, places: [] }, 'no record of this erasure'],
      [{ ...gone, workers: gone.workers.map((each) => ({ ...each, id: 'other' })) }, 'about other workers'],
      [{ kind: 'task-announced', task: 't9', classes: ['cat'], samples: 1 }, 'there is no such task'],
      [
        { kind: 'task-announced', task: 't1', classes: ['bird'], samples: 1, commandId: 'learn-t1' },
        'other classes',
      ],
    ];
    for (const [event, why] of forged)
      expect([event, await confirmed(event)]).toMatchObject([
        event,
        { confirms: false, why: expect.stringContaining(why) },
      ]);
  });

  it('does not stand still for a receipt that is damaged, and waits for a store that is away', async () => {
    await processing.command({ id: 'u1', kind: 'unlearn', classes: ['cat'] });
    const unlearned = await told('unlearned', 'u1');
    const { registry } = processing.store;
    const failing = (error: LetheError): ClassRegistry => ({
      snapshot: () => registry.snapshot(),
      refresh: () => registry.refresh(),
      demand: (version) => registry.demand(version),
      update: (decide) => registry.update(decide),
      noteRefused: (task, samples) => registry.noteRefused(task, samples),
      refusedOf: (task) => registry.refusedOf(task),
      receipt: async () => {
        throw error;
      },
    });
    const damaged = failing(new LetheError('internal', 'broken', { remedy: 'x' }));
    expect(await confirmed(unlearned, damaged)).toMatchObject({
      confirms: false,
      why: expect.stringContaining("can't be read"),
    });
    const away = failing(new LetheError('unreachable', 'away', { remedy: 'x', retriable: true }));
    await expect(confirmed(unlearned, away)).rejects.toMatchObject({ code: 'unreachable' });
  });
});

describe('by the receipt', () => {
  const unlearned: LetheEvent = {
    kind: 'unlearned',
    commandId: 'c1',
    by: 'name',
    classes: [{ name: 'cat', moved: 1 }],
    registryVersion: 2,
    ms: 1,
  };
  const of = (...classes: string[]) => ({ kind: 'unlearned', by: 'name', classes });
  /** What is said of an event where the command left a receipt with these details, at version 2 of 3. */
  const said = async (details: unknown, event: LetheEvent = unlearned) => {
    const { registry } = await storeOf({ tasks: [taskOf('t1')] });
    await registry.update(() => ({ command: { id: 'c1', position: 'commands/0/1', details } }));
    await registry.update(() => ({}));
    const confirmation = await confirmationOf({ ...event }, Buffer.from('bytes'), registry);
    return confirmation?.why ?? (confirmation?.confirms ? 'confirmed' : confirmation);
  };

  it('one of another effect, or that tells of none, confirms nothing', async () => {
    const none = 'the receipt of command c1 does not say what it did';
    expect(await said(of('cat'))).toBe('confirmed');
    for (const details of [{}, null, { ...of('cat'), classes: 'cat' }])
      expect(await said(details)).toBe(none);
    expect(await said({ kind: 'erase-accepted', classes: ['cat'] })).toBe(
      'command c1 had another effect (erase-accepted)',
    );
    expect(await said(of('cat'), { ...unlearned, kind: 'erase-accepted' })).toBe(
      'command c1 had another effect (unlearned)',
    );
  });

  it('one that was about other classes confirms nothing, in whichever order they are named', async () => {
    const named = (...names: string[]): LetheEvent => ({
      ...unlearned,
      classes: names.map((name) => ({ name, moved: 1 })),
    });
    const others = 'command c1 was about other classes';
    expect(await said(of('dog', 'cat'), named('cat', 'dog'))).toBe('confirmed');
    expect(await said(of('dog', 'cat'), named('cat'))).toBe(others);
    expect(await said(of('cat'), named('cat', 'dog'))).toBe(others);
    expect(await said(of('cat'), named('dog'))).toBe(others);
  });

  it('the version that the event names is the receipt’s or a later one, and none that is yet to come', async () => {
    const at = (registryVersion: number) => said(of('cat'), { ...unlearned, registryVersion });
    expect(await Promise.all([1, 2, 3, 4].map(at))).toEqual([
      'command c1 made version 2 of the registry',
      'confirmed',
      'confirmed',
      'command c1 made version 2 of the registry',
    ]);
  });

  it('an announcement that names no command is confirmed by its task', async () => {
    const announced = (task: string, ...classes: string[]): LetheEvent => {
      return { kind: 'task-announced', task, classes, samples: 1 };
    };
    const none = 'it names no command, and there is no such task';
    expect(await said({}, announced('t1', 'cat'))).toBe('confirmed');
    expect(await said({}, announced('t1', 'dog'))).toBe(none);
    expect(await said({}, announced('t2', 'cat'))).toBe(none);
  });

  it('what is no event, or tells of no effect, is not looked up', async () => {
    const { registry } = await storeOf({});
    registry.refresh = () => Promise.reject(new Error('looked up'));
    const look = (body: Readonly<Record<string, unknown>>) => confirmationOf(body, Buffer.from(''), registry);
    expect(await look({ kind: 'no such' })).toBeUndefined();
    expect(await look({ kind: 'command-ignored', commandId: 'c1', command: 'learn' })).toBeUndefined();
    await expect(look({ ...unlearned })).rejects.toThrow('looked up');
  });
});

it('a receipt that can’t be read now is asked for again: only a damaged one stays so', async () => {
  const { registry } = await storeOf({});
  const event = { kind: 'relearned', commandId: 'c1', classes: [], registryVersion: 1, ms: 1 };
  for (const error of [
    new LetheError('internal', 'busy', { remedy: '', retriable: true }),
    new LetheError('config-invalid', 'no rights', { remedy: '' }),
    new TypeError('boom'),
  ]) {
    registry.receipt = () => Promise.reject(error);
    await expect(confirmationOf(event, Buffer.from(''), registry)).rejects.toBe(error);
  }
});

it('what is noted before it is told is confirmed, by its very bytes', async () => {
  const { registry } = await storeOf({});
  const event = {
    kind: 'erased',
    commandId: 'e1',
    classes: [],
    modelVersion: 'v1',
    checkpoints: 0,
    databaseFiles: 'none',
    deadLetters: 0,
    topics: [],
    registryVersion: 1,
    ms: 1,
  };
  await noteTold(Buffer.from('told'), registry);
  const { version } = registry.snapshot();
  expect(await confirmationOf(event, Buffer.from('told'), registry)).toEqual({ confirms: true, version });
  expect(await confirmationOf(event, Buffer.from('made up'), registry)).toMatchObject({
    confirms: false,
    version,
  });
});
