import { describe, expect, it } from 'vitest';
import { decodePayload, encodePayload } from '../../../src/domain/cloudevents/payload.js';
import { DEFAULT_PAYLOAD_LIMITS, openInput, refuseUnfit } from '../../../src/inputs/openInput.js';
import { thrownBy } from '../../support/thrownBy.js';

const limits = { ...DEFAULT_PAYLOAD_LIMITS, maxTextBytes: 10 };
const inputSize = { width: 8, height: 8 };
const texts = { dimension: 3, inputSize, takes: 'texts' } as const;
const images = { dimension: 3, inputSize };
const image = { kind: 'image', contentType: 'image/png', bytes: Buffer.from('x') } as const;
const text = (content: string) => ({ kind: 'text', text: content }) as const;

describe('a text as payload', () => {
  it('travels in UTF-8, and comes without a byte order mark', () => {
    const { contentType, data } = encodePayload(text('naïve 🙂'));
    expect(contentType).toBe('text/plain');
    expect(decodePayload('text/plain; charset="UTF-8"', data)).toEqual(text('naïve 🙂'));
    expect(decodePayload('Text/Plain', Buffer.from('\ufeffa'))).toEqual(text('a'));
  });

  it('is refused where it is not UTF-8, or says that it is not', () => {
    const latin1 = Buffer.from('naïve', 'latin1');
    expect(thrownBy(() => decodePayload('text/plain', latin1))).toMatchObject({ code: 'invalid-text' });
    expect(thrownBy(() => decodePayload('text/plain;charset=iso-8859-1', latin1))).toMatchObject({
      code: 'unsupported-format',
      value: 'iso-8859-1',
    });
  });

  it('is opened within the limit of its bytes, if there is something to read', async () => {
    const open = (content: string) => openInput(text(content), { embedder: texts, limits });
    expect(await open('äöüäö')).toEqual(text('äöüäö'));
    await expect(open('äöüäöü')).rejects.toMatchObject({ code: 'text-too-large', value: '12 bytes' });
    await expect(open(' \n\t')).rejects.toMatchObject({ code: 'invalid-text' });
  });
});

describe('what an embedder does not take', () => {
  it('is refused with the reason, and with what would take it', () => {
    expect(thrownBy(() => refuseUnfit(image, texts))).toMatchObject({
      code: 'unsupported-format',
      message: 'this Lethe accepts texts and vectors, no images',
    });
    expect(thrownBy(() => refuseUnfit(text('a'), images))).toMatchObject({
      code: 'unsupported-format',
      message: 'this Lethe accepts images and vectors, no texts',
      remedy: expect.stringContaining('embedder.kind to text'),
    });
    expect(thrownBy(() => refuseUnfit(text('a'), { ...images, takes: 'vectors' }))).toMatchObject({
      message: 'this Lethe accepts only vectors, no texts',
    });
  });

  it('leaves vectors of its dimension alone', () => {
    expect(() => refuseUnfit({ kind: 'vector', vector: new Float32Array(3) }, texts)).not.toThrow();
  });
});
