import { CIFAR10_PACKAGE, fetchCifar10, loadCifar10 } from '../data/cifar10.js';
import type { OnDataProgress } from '../data/progress.js';
import { EFFICIENTNET_LITE0 } from '../model/embedder/efficientNetLite0.js';
import { type EmbeddedDataset, embedDataset } from './embeddings/embedDataset.js';

/**
 * All 60,000 images of CIFAR-10 as vectors of the bundled embedder, see {@link embedDataset}.
 * @throws LetheError `download-corrupt`, `disk-full`
 */
export async function embeddedCifar10(cache: string, onProgress: OnDataProgress): Promise<EmbeddedDataset> {
  const images = await loadCifar10(await fetchCifar10(cache, onProgress));
  const dataset = { ...images, name: 'cifar10', title: 'CIFAR-10', identity: CIFAR10_PACKAGE.integrity };
  return embedDataset(dataset, EFFICIENTNET_LITE0, { cache, onProgress });
}
