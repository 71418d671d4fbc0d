import type { OnDataProgress } from 'lethe/internal/data/progress.js';
import { EFFICIENTNET_LITE0 } from 'lethe/internal/model/embedder/efficientNetLite0.js';
import { openCifar10 } from './embeddings/datasets.js';
import { type EmbeddedDataset, embedDataset } from './embeddings/embedDataset.js';

/**
 * All 60,000 images of CIFAR-10 as vectors of the bundled embedder, see {@link embedDataset}.
 * @throws LetheError `download-corrupt`, `disk-full`
 */
export async function embeddedCifar10(cache: string, onProgress: OnDataProgress): Promise<EmbeddedDataset> {
  const dataset = await openCifar10(undefined, cache, onProgress);
  return embedDataset(dataset, EFFICIENTNET_LITE0, { cache, onProgress });
}
