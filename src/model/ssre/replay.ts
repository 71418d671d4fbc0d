import type { SsreConfig } from './config.js';
import type { Prototype } from './network.js';
import type { Random } from './random.js';

/** Features drawn in place of the old classes' inputs, which are gone. */
export interface Replay {
  /** Shape [n, width]. */
  readonly features: Float32Array;
  /** Which of the prototypes each was drawn from; n entries. */
  readonly drawn: Uint32Array;
}

/**
 * Draws `n` prototypes with replacement (SSRE's oversampling), each with noise: none (SSRE), of one size in every
 * direction (`radius`, PASS) or of the class's own spread (`covariance`). Features come out of a ReLU, so none is negative.
 */
export function drawReplay(
  prototypes: readonly Prototype[],
  n: number,
  noise: SsreConfig['replayNoise'],
  random: Random,
): Replay {
  const width = prototypes[0]?.mean.length ?? 0;
  const features = new Float32Array(n * width);
  const drawn = new Uint32Array(n);
  const radius = noise === 'radius' ? radiusOf(prototypes) : 0;
  for (let row = 0; row < n; row++) {
    const index = random.below(prototypes.length);
    drawn[row] = index;
    const { mean, deviation } = prototypes[index] as Prototype;
    for (let i = 0; i < width; i++) {
      const size = noise === 'covariance' ? (deviation[i] as number) : radius;
      const value = (mean[i] as number) + (size === 0 ? 0 : size * random.normal());
      features[row * width + i] = Math.max(value, 0);
    }
  }
  return { features, drawn };
}

/** r = sqrt(mean_c tr(Sigma_c) / width): PASS's radius. */
function radiusOf(prototypes: readonly Prototype[]): number {
  let sum = 0;
  let count = 0;
  for (const { deviation } of prototypes) {
    for (const value of deviation) sum += value * value;
    count += deviation.length;
  }
  return Math.sqrt(sum / count);
}
