import type { ClassState } from '../domain/classes.js';
import { deviation, mean } from './mean.js';
import type { Measured } from './measure.js';
import type { Verification } from './verifyClass.js';

/** One measure of a deployment beside the retrained models. */
export interface VerificationLine {
  readonly what: string;
  readonly live: number;
  /** Mean over the retrained models. */
  readonly retrained: number;
  /** Their standard deviation; null with fewer than two. */
  readonly deviation: number | null;
  /** live - retrained. */
  readonly gap: number;
}

const MEASURES: readonly { readonly key: keyof Measured; readonly what: string; readonly digits: number }[] =
  [
    { key: 'remaining', what: 'accuracy on remaining classes, forgotten masked, %', digits: 2 },
    { key: 'unmasked', what: 'test inputs answered with the class, mask off, %', digits: 2 },
    { key: 'zrf', what: 'ZRF: similarity to an untrained model', digits: 3 },
    { key: 'membership', what: 'membership inference by confidence, AUROC', digits: 3 },
    { key: 'nearestStored', what: 'membership inference by nearest stored vector, AUROC', digits: 3 },
    { key: 'featureProbe', what: 'linear probe of the features, AUROC', digits: 3 },
    { key: 'scoreProbe', what: 'linear probe of all scores, AUROC', digits: 3 },
    { key: 'relearning', what: 'steps until the class is relearned', digits: 0 },
  ];

/** The measures as lines. */
export function linesOf({ live, retrained }: Verification): VerificationLine[] {
  return MEASURES.map(({ key, what }) => {
    const values = retrained.map((each) => each[key]);
    return {
      what,
      live: live[key],
      retrained: mean(values),
      deviation: deviation(values),
      gap: live[key] - mean(values),
    };
  });
}

/** AIN = steps of the deployment / steps of the retrained: 1 is ideal, less says that something is left. */
export function anamnesisIndex({ live, retrained }: Verification): number {
  return live.relearning / mean(retrained.map(({ relearning }) => relearning));
}

/** What holds at each level by what was built, whatever is measured. */
const CLAIMS: Readonly<Record<ClassState, readonly string[]>> = {
  learning: ['The class is being learned: nothing is forgotten.'],
  learned: ['The class is known: nothing is forgotten.'],
  unlearned: [
    'True: no answer names the class (guard), and later tasks do not teach it again.',
    'Not true: the weights forgot it. They have seen it, and its vectors are in DB-MU. Expect gaps below; `erase` closes them.',
  ],
  rebuilt: [
    'True: the current model was made without the class.',
    'Not true: its vectors are gone. They are in DB-MU, where the nearest stored vector identifies members.',
  ],
  erased: [
    'True: the model was made without the class, and none of its vectors is stored.',
    'Not covered: topics until their retention ends, backups, the embedder.',
  ],
};

/** The verification in words and numbers, for people. */
export function verificationText(verification: Verification): string {
  const { className, state, modelVersion, inputs, retrained } = verification;
  const number = (value: number, digits: number): string =>
    Number.isNaN(value) ? '-' : value.toFixed(digits);
  const rows = linesOf(verification).map((line, index) => {
    const digits = MEASURES[index]?.digits ?? 2;
    const spread = line.deviation === null ? '' : ` ± ${number(line.deviation, digits)}`;
    return [
      line.what,
      number(line.live, digits),
      `${number(line.retrained, digits)}${spread}`,
      number(line.gap, digits),
    ];
  });
  rows.push([
    'JS divergence to retrained models, bits',
    number(verification.divergence, 4),
    `${number(verification.divergenceAmong, 4)} among them`,
    number(verification.divergence - verification.divergenceAmong, 4),
  ]);
  rows.push(['anamnesis index', number(anamnesisIndex(verification), 2), '1', '']);
  const head = ['', 'this system', `retrained (${retrained.length} seeds)`, 'gap'];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ');
  return [
    `${className}: ${state}, model ${modelVersion}`,
    `${inputs.members} training and ${inputs.test} test vectors of the class, ${inputs.others} test vectors of others`,
    '',
    line(head),
    ...rows.map(line),
    '',
    ...CLAIMS[state],
  ].join('\n');
}
