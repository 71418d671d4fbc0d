import { type ClassRecord, classesIn, FORGOTTEN, type RegistrySnapshot } from '../../domain/classes.js';
import { LetheError } from '../../domain/errors.js';
import type {
  FilterEvidence,
  Prediction,
  StrategyName,
  UnlearnedAnswer,
} from '../../domain/messages/prediction.js';
import { STRATEGIES } from '../strategies/index.js';
import type { AnswerableClass } from '../strategies/strategy.js';
import { drawFrom } from './draw.js';
import { argmaxOf, maskedSoftmax } from './softmax.js';

/** What the filter found for one input. */
export type Assessment = Omit<FilterEvidence, 'guarded'>;

/** Everything an answer rests on. */
export interface Question {
  /** Unit vector z of the input, shape [dimension]. */
  readonly vector: Float32Array;
  /** The model's logits, one for each of `modelClasses`. */
  readonly logits: Float32Array;
  readonly modelClasses: readonly string[];
  /** What softmax divides the logits by; 1 where left out. */
  readonly temperatureFactor?: number | undefined;
  readonly assessment: Assessment;
  /** Uniform in [0, 1), see `uniformFor`. */
  readonly random: number;
}

/** How answers are given. */
export interface AnswerOptions {
  readonly strategy: StrategyName;
  /** On: no answer names an unlearned class. Off: as in the paper, only the filter protects. */
  readonly guard: boolean;
  /** Whether inputs that are like nothing known are answered with no class. */
  readonly unknown?: boolean;
  /** What becomes of inputs that the filter or the guard stops; `answer` by default. */
  readonly unlearned?: UnlearnedAnswer;
  /** Most probable classes reported. */
  readonly topK: number;
}

export type Answer = Pick<Prediction, 'label' | 'probabilities' | 'route' | 'evidence'>;

/**
 * Answers one input. What the filter takes for unlearned, and what the guard stops because the model's best class is an
 * unlearned one, goes to the output strategy, or is answered with no class; the rest is the model's. With the guard on, both know
 * the remaining classes only.
 * @throws LetheError `no-model` where no class can be answered with
 */
export function answerTo(
  question: Question,
  registry: Pick<RegistrySnapshot, 'classes'> & Partial<Pick<RegistrySnapshot, 'knownLevel'>>,
  options: AnswerOptions,
): Answer {
  const remaining = classesIn(registry, 'learned').filter(isAnswerable);
  if (remaining.length === 0) throw nothingLearned();
  const { known, forgotten } = rowsOf(question.modelClasses, registry);
  const guarded = options.guard && isForgotten(question.logits, known, forgotten);
  const evidence = { ...question.assessment, guarded };
  if (options.unknown && isUnknown(question.assessment, registry.knownLevel ?? null))
    return { label: null, probabilities: [], route: 'unknown', evidence };
  const stopped = guarded || evidence.filtered;
  if (stopped && options.unlearned === 'abstain')
    return { label: null, probabilities: [], route: 'abstained', evidence };
  if (known.length > 0 && !stopped) {
    const rows = options.guard ? known : [...known, ...forgotten];
    return { ...fromModel(question, rows, options), route: 'model', evidence };
  }
  return { ...fromStrategy(question, { known, remaining }, options), evidence };
}

/** Whether an input is less similar to its nearest, in whichever database, than known ones are. */
function isUnknown(
  { unlearnedSimilarity, remainingSimilarity }: Assessment,
  level: RegistrySnapshot['knownLevel'],
): boolean {
  if (level === null) return false;
  const similarity = Math.max(unlearnedSimilarity ?? -1, remainingSimilarity ?? -1);
  return similarity < level;
}

/** The model's rows by the state of their classes; rows of classes in no such state take part in nothing. */
function rowsOf(
  modelClasses: readonly string[],
  { classes }: Pick<RegistrySnapshot, 'classes'>,
): { readonly known: number[]; readonly forgotten: number[] } {
  const known: number[] = [];
  const forgotten: number[] = [];
  modelClasses.forEach((name, row) => {
    const state = classes.get(name)?.state;
    if (state === 'learned') known.push(row);
    if (state && FORGOTTEN.includes(state)) forgotten.push(row);
  });
  return { known, forgotten };
}

function isForgotten(logits: Float32Array, known: readonly number[], forgotten: readonly number[]): boolean {
  return forgotten.length > 0 && forgotten.includes(argmaxOf(logits, [...known, ...forgotten]));
}

function fromModel(
  { logits, modelClasses, temperatureFactor = 1 }: Question,
  rows: readonly number[],
  { topK }: AnswerOptions,
): Pick<Answer, 'label' | 'probabilities'> {
  const names = rows.map((row) => modelClasses[row] as string);
  return {
    label: modelClasses[argmaxOf(logits, rows)] as string,
    probabilities: top(names, maskedSoftmax(logits, rows, temperatureFactor), topK),
  };
}

/**
 * `masked` is the model without its unlearned rows: docs/decisions/0026. Where it knows no remaining class, as while the
 * first task after an unlearning of everything is published, the nearest centroid answers.
 */
function fromStrategy(
  question: Question,
  { known, remaining }: { readonly known: readonly number[]; readonly remaining: readonly AnswerableClass[] },
  options: AnswerOptions,
): Omit<Answer, 'evidence'> {
  if (options.strategy === 'masked' && known.length > 0)
    return { ...fromModel(question, known, options), route: 'strategy:masked' };
  const strategy = options.strategy === 'masked' ? 'nearest' : options.strategy;
  const probabilities = STRATEGIES[strategy](question.vector, remaining);
  const names = remaining.map(({ name }) => name);
  return {
    label: names[drawFrom(probabilities, question.random)] as string,
    probabilities: top(names, probabilities, options.topK),
    route: `strategy:${strategy}`,
  };
}

function top(names: readonly string[], probabilities: readonly number[], k: number): Answer['probabilities'] {
  return names
    .map((label, index) => ({ label, probability: probabilities[index] as number }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, k);
}

function isAnswerable(record: ClassRecord): record is ClassRecord & { readonly centroid: Float32Array } {
  return record.centroid !== null;
}

function nothingLearned(): LetheError {
  return new LetheError('no-model', 'no learned class remains to answer with', {
    remedy: 'Learn a task, or relearn a class, then replay this dead letter.',
    retriable: true,
  });
}
