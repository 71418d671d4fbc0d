import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { thumbnailOf } from '../../../src/console/thumbnail.js';
import { encodeQuery } from '../../../src/domain/cloudEvents.js';
import type { Payload } from '../../../src/domain/messages/payload.js';
import { topicsUnder } from '../../../src/domain/topics.js';
import { DEFAULT_IMAGE_LIMITS } from '../../../src/model/embedder/decodeImage.js';

async function thumbnail(payload: Payload) {
  const record = encodeQuery({ id: 'q', payload }, topicsUnder(''));
  const source = { ...record, partition: 0, offset: 0n, timestamp: 0 };
  const image = await thumbnailOf(source, DEFAULT_IMAGE_LIMITS);
  return image === null ? null : Buffer.from(image, 'base64');
}

const photo = (width: number, height: number): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background: '#2277cc' } })
    .png()
    .toBuffer();

describe('the picture of a query', () => {
  it('is a small WebP, however large the image is', async () => {
    const small = await thumbnail({ kind: 'image', contentType: 'image/png', bytes: await photo(1200, 800) });
    expect(await sharp(small as Buffer).metadata()).toMatchObject({ format: 'webp', width: 64, height: 64 });
    expect(small?.length).toBeLessThan(4000);
    const planes = {
      kind: 'image',
      contentType: 'application/x-cifar',
      bytes: Buffer.alloc(3072, 90),
    } as const;
    expect(await sharp((await thumbnail(planes)) as Buffer).metadata()).toMatchObject({
      width: 32,
      height: 32,
    });
  });

  it('is none of a vector, and none of what can not be read', async () => {
    expect(await thumbnail({ kind: 'vector', vector: Float32Array.of(1, 2) })).toBeNull();
    const broken = (await photo(50, 50)).subarray(0, 60);
    expect(await thumbnail({ kind: 'image', contentType: 'image/png', bytes: broken })).toBeNull();
  });
});
