import sharp from 'sharp';
import { decodeQuery } from '../domain/cloudEvents.js';
import type { LogRecord } from '../domain/record.js';
import { decodeImage, type ImageLimits } from '../model/embedder/decodeImage.js';

const SIDE = 64;
const SIZE = { width: SIDE, height: SIDE };

/** A small WebP of the image of a query, in base64; null if the query is no readable image. */
export async function thumbnailOf(query: LogRecord, limits: ImageLimits): Promise<string | null> {
  try {
    const { payload } = decodeQuery(query);
    if (payload.kind !== 'image') return null;
    const { data, width, height } = await decodeImage(payload, SIZE, limits);
    const encoded = await sharp(data, { raw: { width, height, channels: 3 } })
      .webp({ quality: 75, effort: 0 })
      .toBuffer();
    return encoded.toString('base64');
  } catch {
    // The pipeline has told of what is wrong with it.
    return null;
  }
}
