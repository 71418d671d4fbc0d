import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imagePayload, type LabelledInput } from 'lethe-client';

/** The WebP images in `<folder>/<label>/`. */
export async function imagesIn(folder: string): Promise<LabelledInput[]> {
  const images: LabelledInput[] = [];
  for (const label of (await readdir(folder)).sort()) {
    for (const file of (await readdir(join(folder, label))).sort()) {
      const bytes = await readFile(join(folder, label, file));
      images.push({ label, id: `${folder}/${label}/${file}`, payload: imagePayload('image/webp', bytes) });
    }
  }
  return images;
}
