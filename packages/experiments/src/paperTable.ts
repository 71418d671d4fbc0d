/** A line of the paper's Table 1 (CIFAR-10): A_r and A_u as shares after MU-1, CIL-1, MU-1, CIL-1. */
export interface PaperLine {
  readonly method: string;
  readonly remaining: readonly (number | null)[];
  readonly unlearned: readonly (number | null)[];
  /** Seconds of the whole protocol on one GPU. */
  readonly seconds: number;
}

const percent = (values: readonly (number | null)[]): (number | null)[] =>
  values.map((value) => (value === null ? null : value / 100));
const line = (
  method: string,
  remaining: readonly (number | null)[],
  unlearned: readonly (number | null)[],
  seconds: number,
): PaperLine => ({ method, remaining: percent(remaining), unlearned: percent(unlearned), seconds });
const NONE = [null, null, null, null] as const;

/** Accuracy of the paper's model after its five initial classes. */
export const PAPER_INITIAL_ACCURACY = 0.951;

/** Table 1 of the paper, on all of CIFAR-10 with a ResNet-18 trained on images. */
export const PAPER_TABLE_1: readonly PaperLine[] = [
  line('Retrain', [95.7, 82.25, 95.32, 82.03], [0, 0, 0, 0], 5916),
  line('Restore', [95.7, 82.12, 95.7, 81.7], [0, 0, 0, 0], 3886),
  line('Random (uniform)', [83.73, 70.1, 65.95, 58.82], [41.3, 33.8, 43.15, 36.55], 1409),
  line('Proportional', [83.43, 69.98, 65.93, 58.76], [41.8, 35.5, 43.55, 36.2], 1409),
  line('Inverse', [83.27, 69.7, 65.25, 58.52], [40.4, 33.1, 40.65, 35.38], 1409),
  line('Nearest', [94.45, 79.82, 79.57, 72.04], [27, 21.7, 32.9, 27.05], 1409),
  line('CIL', [null, 79.8, null, 70.09], NONE, 1390),
];
