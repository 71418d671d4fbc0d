import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { DEFAULT_PAYLOAD_LIMITS } from '../../../src/inputs/openInput.js';
import { openPayload } from '../../../src/operators/openPayload.js';
import { allAccepted, notingProbe, shown, through } from '../../support/flows.js';

const OPTIONS = {
  embedder: { dimension: 3, inputSize: { width: 8, height: 8 } },
  limits: DEFAULT_PAYLOAD_LIMITS,
  concurrency: 2,
};

describe('openPayload', () => {
  it('decodes images to the embedder’s size and normalises vectors, each with its message', async () => {
    const { probe, noted } = notingProbe();
    const bytes = await sharp({ create: { width: 16, height: 16, channels: 3, background: '#ff0000' } })
      .png()
      .toBuffer();
    const messages = [
      { id: 'a', payload: { kind: 'image', contentType: 'image/png', bytes } as const },
      { id: 'b', payload: { kind: 'vector', vector: Float32Array.of(0, 3, 4) } as const },
    ];
    const [image, vector] = shown(await through(allAccepted(messages), openPayload({ ...OPTIONS, probe })));
    expect(image).toMatchObject({
      message: { id: 'a' },
      input: { kind: 'image', image: { width: 8, height: 8 } },
    });
    expect(vector).toEqual({
      message: messages[1],
      input: { kind: 'vector', vector: Float32Array.of(0, Math.fround(0.6), Math.fround(0.8)) },
    });
    expect(noted.sort()).toEqual(['open 0', 'open 1']);
  });

  it('refuses a vector that is not of the embedder’s dimension', async () => {
    const { probe } = notingProbe();
    const message = { payload: { kind: 'vector', vector: Float32Array.of(1, 0) } as const };
    const [result] = await through(allAccepted([message]), openPayload({ ...OPTIONS, probe }));
    expect(result).toMatchObject({
      ok: false,
      error: {
        code: 'wrong-dimension',
        field: 'payload.vector',
        value: '2',
        remedy: expect.stringContaining('3'),
      },
    });
  });
});
