import { lastValueFrom, map, toArray } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { keptNow } from '../../../src/adapters/keptNow.js';
import { decodeModelVersion } from '../../../src/domain/cloudEvents.js';
import type { ModelVersion } from '../../../src/domain/messages/model.js';
import { learn, memoryLog, type Processing, startProcessing } from '../../support/processing.js';

describe('the model that is current when a worker begins', () => {
  const log = memoryLog();
  const opened: Processing[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((processing) => processing.stop()));
  });

  const start = (options: Parameters<typeof startProcessing>[0]): Processing => {
    const processing = startProcessing(options);
    opened.push(processing);
    return processing;
  };
  const told = ({ log, topics }: Processing): Promise<string[]> =>
    lastValueFrom(
      keptNow(log, topics.models).pipe(
        map((record) => decodeModelVersion(record).version),
        toArray(),
      ),
    );

  it('is told of where the worker before died between making it current and telling, and only then', async () => {
    const first = start({ log });
    await learn(first, 't1', { cat: 0, dog: 4 });
    await Promise.all(opened.splice(0).map((processing) => processing.stop()));
    const { store, training } = first;
    const revised = (version: string) =>
      store.registry.update(({ model }) => ({ model: { ...(model as ModelVersion), version } }));
    await revised('v1-revised');

    const second = start({ log, store, training });
    expect(await second.event('model-published')).toMatchObject({ model: { version: 'v1-revised' } });
    await learn(second, 't2', { frog: 8 });
    expect(await told(second)).toEqual(['v1', 'v1-revised', 'v2']);
    await Promise.all(opened.splice(0).map((processing) => processing.stop()));

    const third = start({ log, store, training });
    await learn(third, 't3', { bird: 2 });
    expect(await told(third)).toEqual(['v1', 'v1-revised', 'v2', 'v3']);
  });
});
