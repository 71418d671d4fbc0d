import { tap } from 'rxjs';
import sharp from 'sharp';
import { describe, expect, it, vi } from 'vitest';
import { delegating } from '../../../src/adapters/delegating.js';
import type { EventLog } from '../../../src/adapters/eventLog.js';
import { encodeQuery } from '../../../src/domain/cloudEvents.js';
import { groupsOf } from '../../../src/domain/groups.js';
import { centroidTraining } from '../../support/centroidTrainer.js';
import { PATCH_DIMENSION } from '../../support/patchEmbedder.js';
import { around, memoryLog, startProcessing } from '../../support/processing.js';

/** An uncompressed image, so that all are of one size. */
const image = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#a52' } })
  .png({ compressionLevel: 0 })
  .toBuffer();

/** A log that counts the bytes that were read and not given back to be settled. */
function counting(log: EventLog) {
  let underWay = 0;
  let most = 0;
  const counted = delegating(log, {
    read: (subscription) =>
      log.read(subscription).pipe(
        tap(({ value }) => {
          underWay += value.length;
          most = Math.max(most, underWay);
        }),
      ),
    settle: (group, settled) => {
      for (const { input } of settled) underWay -= input.value.length;
      return log.settle(group, settled);
    },
  });
  return { log: counted, most: () => most };
}

describe('a stream of large records', () => {
  it('has no more bytes under way than the setting allows, and is answered to its end', async () => {
    const { log, most } = counting(memoryLog());
    const processing = startProcessing({ log, settings: { maxInFlightBytes: 4 * (image.length + 1000) } });
    const queries = Array.from({ length: 50 }, (_, index) =>
      encodeQuery(
        { id: `q${index}`, payload: { kind: 'image', contentType: 'image/png', bytes: image } },
        processing.topics,
      ),
    );
    await log.publish(queries);
    // Without a model each query is refused, after it was decoded and embedded.
    const refused = () => processing.signals.filter(({ kind }) => kind === 'dead-letter');
    await expect.poll(() => refused().length).toBe(queries.length);
    expect(most()).toBe(4 * image.length);
    await processing.stop();
  });
});

describe('a processor that is stopped while its first model can not be loaded', () => {
  it('ends, and leaves the queries that wait for it to another worker', async () => {
    const training = centroidTraining(PATCH_DIMENSION);
    const load = vi.fn(() => new Promise<never>(() => undefined));
    const processing = startProcessing({ training: { ...training, load } });
    const { registry } = processing.store;
    await registry.update(() => ({
      model: {
        version: 'v1',
        task: 't',
        classes: ['cat'],
        checkpoint: 'memory:1',
        sha256: '0'.repeat(64),
        dimension: PATCH_DIMENSION,
        backend: 'centroids',
      },
    }));
    await expect.poll(() => load.mock.calls.length).toBe(1);

    // From here on only the query asks for the registry: for the filter, then for its model.
    const refreshed = vi.spyOn(registry, 'refresh');
    const { topics, log } = processing;
    await log.publish([encodeQuery({ id: 'q', payload: { kind: 'vector', vector: around(0, 1) } }, topics)]);
    await expect.poll(() => refreshed.mock.calls.length).toBe(2);
    await processing.stop();
    expect(processing.signals.map(({ kind }) => kind)).not.toContain('prediction');
    expect(processing.signals.map(({ kind }) => kind)).not.toContain('dead-letter');
    expect(await log.lag(groupsOf(topics).inference, [topics.queries])).toBe(1);
  });
});
