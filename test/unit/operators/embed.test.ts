import { from, lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { LetheError } from '../../../src/domain/errors.js';
import type { RgbImage } from '../../../src/domain/image.js';
import { embed } from '../../../src/operators/embed.js';
import { accepted } from '../../../src/operators/flow.js';
import type { Opened } from '../../../src/operators/openPayload.js';
import { SILENT } from '../../../src/operators/probe.js';
import { EMPTY_RECORD } from '../../support/emptyRecord.js';
import { allAccepted, notingProbe, shown, through } from '../../support/flows.js';
import { patchEmbedder } from '../../support/patchEmbedder.js';

const plain = (level: number): RgbImage => ({ width: 8, height: 8, data: new Uint8Array(192).fill(level) });
/** Of another colour in each. */
const gradient = (message: string, channel: number): Opened<string> => ({
  message,
  input: {
    kind: 'image',
    image: {
      width: 8,
      height: 8,
      data: Uint8Array.from({ length: 192 }, (_, i) => (i % 3 === channel ? 200 : 0)),
    },
  },
});
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
      from(messages.map((message) => accepted(message, EMPTY_RECORD))).pipe(
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
      from([accepted(message, EMPTY_RECORD)]).pipe(
        embed(refusing(0), { batchSize: 8, probe: SILENT }),
        toArray(),
      ),
    );
    expect(result).toMatchObject({ ok: true, value: { message: 'v', vector } });
  });

  it('gives each image its own vector, in batches, vectors in between or not', async () => {
    const { probe, noted } = notingProbe();
    const asked: number[] = [];
    const embedder = patchEmbedder(async (images) => void asked.push(images));
    const vector = new Float32Array(embedder.dimension);
    const messages: Opened<string>[] = [
      gradient('a', 0),
      { message: 'v', input: { kind: 'vector', vector } },
      gradient('b', 1),
      gradient('c', 2),
    ];
    const results = await through(allAccepted(messages), embed(embedder, { batchSize: 3, probe }));
    const [expected] = await Promise.all([
      embedder.embed(messages.flatMap(({ input }) => (input.kind === 'image' ? [input.image] : []))),
    ]);
    const row = (index: number) =>
      expected.slice(index * embedder.dimension, (index + 1) * embedder.dimension);
    expect(shown(results)).toEqual([
      { message: 'a', vector: row(0) },
      { message: 'v', vector },
      { message: 'b', vector: row(1) },
      { message: 'c', vector: row(2) },
    ]);
    expect(asked.slice(0, 2)).toEqual([2, 1]);
    expect(noted).toEqual(['embed 0,1,2', 'embed 3']);
  });

  it('asks the network for nothing where all are vectors', async () => {
    const embedder = patchEmbedder(() => Promise.reject(new Error('asked')));
    const message: Opened<string> = { message: 'v', input: { kind: 'vector', vector: new Float32Array(3) } };
    const results = await through(allAccepted([message]), embed(embedder, { batchSize: 8, probe: SILENT }));
    expect(results).toMatchObject([{ ok: true }]);
  });

  it('refuses nothing where the embedder itself is away: it fails, and is asked no more', async () => {
    const away = new LetheError('backend-unavailable', 'away', { remedy: 'Wait.', retriable: true });
    let asked = 0;
    const embedder = patchEmbedder(async () => {
      asked++;
      throw away;
    });
    const both = allAccepted([opened('a', 10), opened('b', 20)]);
    await expect(through(both, embed(embedder, { batchSize: 8, probe: SILENT }))).rejects.toBe(away);
    expect(asked).toBe(1);
  });

  it('refuses what the network fails at in whichever way, with its own record', async () => {
    const embedder = patchEmbedder();
    const failing = {
      ...embedder,
      embed: async (images: readonly RgbImage[]) => {
        if (images.some(({ data }) => data[0] === 66)) throw new TypeError('boom');
        return embedder.embed(images);
      },
    };
    const { probe, noted } = notingProbe();
    const messages = [opened('a', 10), opened('b', 66)];
    const results = await through(allAccepted(messages), embed(failing, { batchSize: 8, probe }));
    expect(results).toMatchObject([
      { ok: true },
      { ok: false, error: { code: 'internal', message: 'boom' } },
    ]);
    expect(noted).toEqual(['embed 0']);
  });

  it('has two batches under way, and no third', async () => {
    let underWay = 0;
    let most = 0;
    const embedder = patchEmbedder(async () => {
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay--;
    });
    const messages = Array.from({ length: 6 }, (_, index) => opened(`${index}`, index));
    await through(allAccepted(messages), embed(embedder, { batchSize: 1, probe: SILENT }));
    expect(most).toBe(2);
  });
});
