import { describe, expect, it } from 'vitest';
import { confirmationOf } from '../../../src/auditing/confirmEvent.js';
import { decodeEvent, decodeModelVersion } from '../../../src/domain/cloudEvents.js';
import type { LetheEvent } from '../../../src/domain/messages/event.js';
import type { OutgoingRecord } from '../../../src/domain/record.js';
import { topicsUnder } from '../../../src/domain/topics.js';
import { announce } from '../../../src/streams/announce.js';
import type { Context } from '../../../src/streams/context.js';
import { recordAt } from '../../support/flows.js';
import { modelOf, recordOf, storeOf, taskOf } from '../../support/knowledge.js';

const topics = topicsUnder('test.');
const asRead = ({ topic, key, value, headers }: OutgoingRecord) =>
  recordAt(0, { topic, key, value, headers });

async function announcing(
  publish: (records: readonly OutgoingRecord[]) => Promise<void> = async () => undefined,
) {
  const store = await storeOf({
    classes: [recordOf('cat', { state: 'erased', erasing: 'e1', count: 2 })],
    tasks: [taskOf('t1', { state: 'finished' }), taskOf('t2', { state: 'open' })],
  });
  const written: OutgoingRecord[] = [];
  const log: Pick<Context['log'], 'publish'> = {
    publish: async (records) => {
      await publish(records);
      written.push(...records);
    },
  };
  const context = { log, topics, store, settings: { modelName: 'm' } };
  return { store, written, tell: announce(context as unknown as Context) };
}

const ERASED: Extract<LetheEvent, { kind: 'erased' }> = {
  kind: 'erased',
  commandId: 'e1',
  classes: [{ name: 'cat', vectors: 2 }],
  modelVersion: 'v2',
  checkpoints: 1,
  databaseFiles: 'none',
  deadLetters: 0,
  topics: [],
  places: [],
  registryVersion: 1,
  ms: 1,
};

describe('an event that is told', () => {
  it('is written, and is a signal then', async () => {
    const { tell, written, store } = await announcing();
    const { version } = store.registry.snapshot();
    const event: LetheEvent = { kind: 'task-embedded', task: 't1', samples: 1, ms: 1 };
    expect(await tell(event)).toEqual({ kind: 'event', event });
    expect(written.map((record) => decodeEvent(asRead(record)))).toEqual([event]);
    expect(store.registry.snapshot().version).toBe(version);
  });

  it('of a model takes the model version with it', async () => {
    const { tell, written } = await announcing();
    const model = modelOf('v2', 'cat');
    await tell({ kind: 'model-published', model });
    expect(written.map(({ topic }) => topic)).toEqual([topics.events, topics.models]);
    expect(written[1] && decodeModelVersion(asRead(written[1]))).toEqual(model);
  });

  it('of a finished task marks the task as told, after it was written', async () => {
    const seen: (string | undefined)[] = [];
    const { tell, store } = await announcing(async () => {
      seen.push(store.registry.snapshot().tasks.get('t1')?.state);
    });
    const finished = (task: string) => tell({ kind: 'task-finished', task, modelVersion: 'v2', ms: 1 });
    await finished('t1');
    expect(store.registry.snapshot().tasks.get('t1')).toEqual(taskOf('t1', { state: 'told' }));
    expect(seen).toEqual(['finished']);
    const { version } = store.registry.snapshot();
    await finished('t2');
    await finished('t9');
    expect(store.registry.snapshot()).toMatchObject({ version });
    expect(store.registry.snapshot().tasks.get('t2')?.state).toBe('open');
  });

  it('of an erasure is known to the registry before it is there for others, and ends the erasure after', async () => {
    const { tell, store } = await announcing(async ([record]) => {
      const { registry } = store;
      const confirmation = record && (await confirmationOf({ ...ERASED }, record.value, registry));
      expect(confirmation).toMatchObject({ confirms: true });
      expect(registry.snapshot().classes.get('cat')?.erasing).toBe('e1');
    });
    await tell(ERASED);
    expect(store.registry.snapshot().classes.get('cat')).toEqual(
      recordOf('cat', { state: 'erased', count: 0 }),
    );
  });

  it('that could not be written changes nothing', async () => {
    const { tell, store } = await announcing(() => Promise.reject(new Error('Kafka is away')));
    await expect(tell({ kind: 'task-finished', task: 't1', modelVersion: 'v2', ms: 1 })).rejects.toThrow(
      'away',
    );
    expect(store.registry.snapshot().tasks.get('t1')?.state).toBe('finished');
  });
});
