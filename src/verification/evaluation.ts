import { type ClassState, FORGOTTEN } from '../domain/classes.js';
import type { Prediction } from '../domain/messages/prediction.js';

/** An input whose class is known, and how it was answered. */
export interface Judged {
  readonly truth: string;
  readonly prediction: Pick<Prediction, 'label' | 'probabilities' | 'route'>;
}

/** So many of so many. */
export interface Share {
  readonly part: number;
  readonly of: number;
}

/** How the inputs of one class were answered. */
export interface ClassEvaluation {
  readonly name: string;
  /** Null where Lethe does not know the class. */
  readonly state: ClassState | null;
  /** Its inputs that were answered with it. */
  readonly recall: Share;
  /** Answers that name it, and are right. */
  readonly precision: Share;
  /** What its other inputs were answered with, most frequent first; null: with no class. */
  readonly mistakes: readonly { readonly label: string | null; readonly inputs: number }[];
}

/** Answers whose probability lies between `from` and `to`. */
export interface CalibrationBin {
  readonly from: number;
  readonly to: number;
  readonly answers: number;
  /** Mean probability of the class that was named. */
  readonly confidence: number;
  /** Share of the answers that are right. */
  readonly accuracy: number;
}

/** How good answers are, on inputs whose classes are known. */
export interface Evaluation {
  readonly inputs: number;
  /** A_r (eCIL-MU, arXiv 2401.02457): inputs of learned classes that were answered with their class. */
  readonly remaining: Share;
  /** A_u: inputs of forgotten classes that were answered with their class. Ideal: none. */
  readonly unlearned: Share;
  /** Inputs that were answered with no class. */
  readonly unanswered: Share;
  /** Of each class that an input is of, in the order of the inputs. */
  readonly classes: readonly ClassEvaluation[];
  /**
   * Expected calibration error of the model's answers to inputs of learned classes (Guo et al. 2017, Eq. 3, 15 bins of equal
   * width), from 0 to 1; null where there are none. `bins`: those that have answers.
   */
  readonly calibration: { readonly error: number; readonly bins: readonly CalibrationBin[] } | null;
}

const BINS = 15;

/**
 * Evaluates answers.
 * @param states of the classes that Lethe knows; other classes count for neither A_r nor A_u
 *
 * ```ts
 * evaluate([{ truth: 'cat', prediction }], new Map([['cat', 'learned']])).remaining; // { part: 1, of: 1 }
 * ```
 */
export function evaluate(judged: readonly Judged[], states: ReadonlyMap<string, ClassState>): Evaluation {
  const byTruth = groupedBy(judged, ({ truth }) => truth);
  const byAnswer = groupedBy(judged, ({ prediction }) => prediction.label);
  const isRight = ({ truth, prediction }: Judged): boolean => prediction.label === truth;
  const learned = judged.filter(({ truth }) => states.get(truth) === 'learned');
  const forgotten = judged.filter(({ truth }) => FORGOTTEN.some((state) => state === states.get(truth)));
  return {
    inputs: judged.length,
    remaining: share(learned, isRight),
    unlearned: share(forgotten, isRight),
    unanswered: share(judged, ({ prediction }) => prediction.label === null),
    classes: [...byTruth].map(([name, of]) => ({
      name,
      state: states.get(name) ?? null,
      recall: share(of, isRight),
      precision: share(byAnswer.get(name) ?? [], isRight),
      mistakes: mistakesIn(of.filter((each) => !isRight(each))),
    })),
    calibration: calibrationOf(learned),
  };
}

function share(of: readonly Judged[], isPart: (each: Judged) => boolean): Share {
  return { part: of.filter(isPart).length, of: of.length };
}

function mistakesIn(wrong: readonly Judged[]): ClassEvaluation['mistakes'] {
  const byLabel = groupedBy(wrong, ({ prediction }) => prediction.label);
  return [...byLabel]
    .map(([label, { length }]) => ({ label, inputs: length }))
    .sort((one, other) => other.inputs - one.inputs);
}

function calibrationOf(judged: readonly Judged[]): Evaluation['calibration'] {
  const answers = judged.flatMap(({ truth, prediction: { label, probabilities, route } }) => {
    const probability = probabilities.find((each) => each.label === label)?.probability;
    return route === 'model' && probability !== undefined ? [{ probability, isRight: label === truth }] : [];
  });
  if (answers.length === 0) return null;
  const byBin = groupedBy(answers, ({ probability }) => Math.min(BINS - 1, Math.floor(probability * BINS)));
  const bins = [...byBin]
    .sort(([one], [other]) => one - other)
    .map(([bin, of]): CalibrationBin => {
      return {
        from: bin / BINS,
        to: (bin + 1) / BINS,
        answers: of.length,
        confidence: of.reduce((sum, { probability }) => sum + probability, 0) / of.length,
        accuracy: of.filter(({ isRight }) => isRight).length / of.length,
      };
    });
  const error = bins.reduce(
    (sum, { answers: count, confidence, accuracy }) => sum + count * Math.abs(confidence - accuracy),
    0,
  );
  return { error: error / answers.length, bins };
}

/** `Map.groupBy`, which Node 20 lacks. */
function groupedBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
