import { randomOf } from '../model/ssre/random.js';
import type { ModelView, Vectors } from './systems.js';

/** Steps after which it is given up. */
const MOST_STEPS = 500;
const BATCH = 64;
/** Of Adam, as in the anamnesis index (Chundawat et al., Zero-Shot Machine Unlearning, 2023). */
const RATE = 1e-3;
const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8];

/**
 * How fast a model learns the class again: a new row of the last layer is trained on its features (Adam, batches half of the
 * class), the rest of the model stays. A model whose own row still answers needs no step.
 * @param share accuracy on the class's test vectors that ends it, 0 to 1
 * @returns steps, at most {@link MOST_STEPS}
 */
export async function relearningSteps(
  model: ModelView,
  className: string,
  data: { readonly class: Vectors; readonly others: Vectors; readonly test: Vectors },
  share: number,
  seed: number,
): Promise<number> {
  const own = model.classes.indexOf(className);
  if (own >= 0 && won(await model.logits(data.test), (logits) => logits[own] as number, own) >= share)
    return 0;
  const [yes, no, test] = await Promise.all(
    [data.class, data.others, data.test].map((all) => model.features(all)),
  );
  const [yesLogits, noLogits, testLogits] = await Promise.all(
    [data.class, data.others, data.test].map((all) => model.logits(all)),
  );
  if (!yes?.length || !no?.length || !test?.length || !yesLogits || !noLogits || !testLogits)
    return Number.NaN;
  const row = newRow(yes[0]?.length ?? 0);
  const random = randomOf(seed, 7);
  for (let step = 1; step <= MOST_STEPS; step++) {
    const gradient = new Float64Array(row.weights.length);
    for (let i = 0; i < BATCH; i++) {
      const positive = i % 2 === 0;
      const [features, logits] = positive ? ([yes, yesLogits] as const) : ([no, noLogits] as const);
      const at = random.below(features.length);
      const feature = features[at] as Float32Array;
      const chance = chanceOf(scoreOf(row.weights, feature), logits[at] as Float32Array, own);
      feature.forEach((value, j) => {
        gradient[j] = (gradient[j] as number) + ((chance - (positive ? 1 : 0)) * value) / BATCH;
      });
    }
    row.step(gradient);
    const accuracy = won(testLogits, (_, index) => scoreOf(row.weights, test[index] as Float32Array), own);
    if (accuracy >= share) return step;
  }
  return MOST_STEPS;
}

/** Features are of length 1, so a score needs a scale to reach the model's logits. */
const SCALE = 20;

function scoreOf(weights: Float64Array, feature: Float32Array): number {
  return SCALE * feature.reduce((sum, value, j) => sum + value * (weights[j] as number), 0);
}

/** Probability of the new row among the model's other classes. */
function chanceOf(score: number, logits: Float32Array, own: number): number {
  const others = [...logits].filter((_, column) => column !== own);
  const largest = Math.max(score, ...others);
  const sum = others.reduce((total, logit) => total + Math.exp(logit - largest), 0);
  return Math.exp(score - largest) / (Math.exp(score - largest) + sum);
}

/** Share of inputs in which a score is above all logits but the class's own. */
function won(all: Vectors, scoreAt: (logits: Float32Array, index: number) => number, own: number): number {
  const wins = all.filter((logits, index) => {
    const score = scoreAt(logits, index);
    return logits.every((logit, column) => column === own || score > logit);
  });
  return wins.length / all.length;
}

/** A row of zeros under Adam. */
function newRow(width: number) {
  const weights = new Float64Array(width);
  const [first, second] = [new Float64Array(width), new Float64Array(width)];
  let steps = 0;
  return {
    weights,
    step: (gradient: Float64Array): void => {
      steps++;
      gradient.forEach((g, j) => {
        const m = BETA1 * (first[j] as number) + (1 - BETA1) * g;
        const v = BETA2 * (second[j] as number) + (1 - BETA2) * g * g;
        first[j] = m;
        second[j] = v;
        const change = m / (1 - BETA1 ** steps) / (Math.sqrt(v / (1 - BETA2 ** steps)) + EPSILON);
        weights[j] = (weights[j] as number) - RATE * change;
      });
    },
  };
}
