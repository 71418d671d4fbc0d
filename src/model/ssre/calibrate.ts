import { type HeldOutLogits, temperatureOf } from '../calibration/temperature.js';
import type { Tensorflow } from '../tensorflow/tensorflow.js';
import type { ClassVectors } from '../trainer.js';
import { createClassifier } from './classifier.js';
import type { SsreConfig } from './config.js';
import { partsOf, type Split } from './heldOut.js';
import type { SsreState } from './network.js';

/** Vectors that a temperature is found with: fewer leave it to chance. */
const ENOUGH = 200;

/**
 * The temperature factor of a network: from vectors that it was not trained on, where every class has some of them; else from
 * networks that are trained anew without a part of the vectors each, on as many parts as give enough
 * (docs/decisions/0034-calibrated-probabilities.md).
 * @param split vectors of all classes that are remembered
 * @param trainAnew trains a network of these vectors alone
 */
export async function temperatureFactorOf(
  tf: Tensorflow,
  state: SsreState,
  { kept, heldOut }: Split,
  config: Pick<SsreConfig, 'temperature'>,
  trainAnew: (vectors: ClassVectors) => Promise<SsreState>,
): Promise<number> {
  const classes = kept.classes.length;
  if (classes < 2) return 1;
  if (heldOut.labels.length >= ENOUGH && new Set(heldOut.labels).size === classes)
    return temperatureOf(await measured(tf, state, heldOut, config));
  const parts: HeldOutLogits[] = [];
  let count = 0;
  for (const part of partsOf(kept, state.dimension)) {
    if (count >= ENOUGH) break;
    if (part.heldOut.labels.length === 0) continue;
    parts.push(await measured(tf, await trainAnew(part.kept), part.heldOut, config));
    count += part.heldOut.labels.length;
  }
  return temperatureOf({
    logits: Float32Array.from(parts.flatMap(({ logits }) => [...logits])),
    labels: Int32Array.from(parts.flatMap(({ labels }) => [...labels])),
    classes,
  });
}

/** The logits of the vectors' own classes alone: as if the model knew no other. */
async function measured(
  tf: Tensorflow,
  state: SsreState,
  { classes, vectors, labels }: ClassVectors,
  { temperature }: Pick<SsreConfig, 'temperature'>,
): Promise<HeldOutLogits> {
  const classifier = createClassifier(tf, state, { version: 'calibrated', backend: 'own', temperature });
  try {
    const all = await classifier.logits(vectors);
    const columns = classes.map((name) => state.classes.indexOf(name));
    const width = state.classes.length;
    const logits = Float32Array.from(
      [...labels.keys()].flatMap((row) => columns.map((column) => all[row * width + column] as number)),
    );
    return { logits, labels, classes: classes.length };
  } finally {
    classifier.dispose();
  }
}
