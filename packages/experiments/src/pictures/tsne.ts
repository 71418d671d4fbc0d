import type { EmbeddedDataset } from '../embeddings/embedDataset.js';
import { datasetTest } from '../evaluation/datasetKnowledge.js';
import { classMap } from '../plots/classMap.js';
import { classesAfter, type Protocol } from '../protocol.js';

/** Points of a class on the map: enough for its shape, few enough to be projected in seconds. */
export const MAPPED_PER_CLASS = 150;

/**
 * Fig. 3: the embeddings of test images of the classes learned so far, with the unlearned class in front. The paper
 * draws t-SNE; this is UMAP, see docs/experiments.md. SVG.
 */
export async function embeddingPicture(
  embedded: EmbeddedDataset,
  protocol: Protocol,
  { seed, perClass }: { readonly seed: number; readonly perClass: number },
): Promise<string> {
  const untilUnlearned = protocol.slice(0, protocol.findIndex(({ kind }) => kind === 'unlearn') + 1);
  const { remaining, unlearned } = classesAfter(untilUnlearned, untilUnlearned.length - 1);
  const test = datasetTest(embedded, untilUnlearned, perClass);
  const { projectToPlane } = await import('lethe/internal/model/projection.js');
  const places = projectToPlane(test.vectors, { seed });
  return classMap({
    title: 'Embeddings of test images',
    subtitle: `UMAP; ${unlearned.join(', ')} is unlearned`,
    remaining,
    unlearned,
    points: places.map((place, index) => ({ ...place, className: test.truths[index] as string })),
  });
}
