import { from, lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { LetheError } from '../../../src/domain/errors.js';
import type { RgbImage } from '../../../src/domain/image.js';
import type { LogRecord } from '../../../src/domain/record.js';
import { embed } from '../../../src/operators/embed.js';
import { accepted } from '../../../src/operators/flow.js';
import type { Opened } from '../../../src/operators/openPayload.js';
import { SILENT } from '../../../src/operators/probe.js';
import { patchEmbedder } from '../../support/patchEmbedder.js';

const source: LogRecord = {
  topic: 'queries',
  partition: 0,
  offset: 0n,
  key: null,
  value: Buffer.alloc(0),
  headers: {},
  timestamp: 0,
};

const plain = (level: number): RgbImage => ({ width: 8, height: 8, data: new Uint8Array(192).fill(level) });
const opened = (message: string, level: number): Opened<string> => ({
  message,
  input: { kind: 'image', image: plain(level) },
});

/** Refuses every batch that has an image of this level, as a network does that gives it no finite vector. */
function refusing(level: number) {
  const embedder = patchEmbedder();
  return {
    ...embedder,
    embed: async (images: readonly RgbImage[]) => {
      if (images.some(({ data }) => data[0] === level)) {
        throw new LetheError('embedder-invalid', 'no finite vector', { remedy: 'Send another image.' });
      }
      return embedder.embed(images);
    },
  };
}

describe('embed', () => {
  it('refuses only the image that spoils its batch', async () => {
    const messages = [opened('a', 10), opened('b', 66), opened('c', 30)];
    const results = await lastValueFrom(
      from(messages.map((message) => accepted(message, source))).pipe(
        embed(refusing(66), { batchSize: 8, probe: SILENT }),
        toArray(),
      ),
    );
    expect(results.map(({ ok }) => ok)).toEqual([true, false, true]);
    expect(results[0]).toMatchObject({ value: { message: 'a' } });
    expect(results[1]).toMatchObject({ error: { code: 'embedder-invalid' } });
    expect(results[2]).toMatchObject({ value: { message: 'c' } });
  });

  it('passes ready-made vectors by the network', async () => {
    const vector = Float32Array.of(1, 0, 0);
    const message: Opened<string> = { message: 'v', input: { kind: 'vector', vector } };
    const [result] = await lastValueFrom(
      from([accepted(message, source)]).pipe(embed(refusing(0), { batchSize: 8, probe: SILENT }), toArray()),
    );
    expect(result).toMatchObject({ ok: true, value: { message: 'v', vector } });
  });
});
