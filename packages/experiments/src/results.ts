/** What the demo measured: the report shows it, `lethe demo --json` prints it. Accuracies are shares from 0 to 1. */
export interface DemoResults {
  readonly facts: RunFacts;
  readonly steps: readonly StepOutcome[];
  readonly methods: readonly MethodOutcome[];
  readonly unlearning: readonly UnlearningOutcome[];
  readonly learning: readonly LearningOutcome[];
  readonly live: LiveOutcome;
}

/** What ran, on what; without anything that names the machine or its user. */
export interface RunFacts {
  readonly startedAt: string;
  readonly seconds: number;
  readonly seed: number;
  readonly dataset: string;
  readonly embedder: string;
  /** tfjs backend of the trainings. */
  readonly backend: string;
  readonly filter: string;
  readonly lethe: string;
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly memoryGiB: number;
}

/** A step of the protocol in the live stream. */
export interface StepOutcome {
  readonly name: string;
  readonly kind: 'learn' | 'unlearn';
  readonly classes: readonly string[];
  /** From the writing of the command to the event that ends the step. */
  readonly seconds: number;
  /** Of which embedding and training took so long; null for an unlearning. */
  readonly embeddingSeconds: number | null;
  readonly trainingSeconds: number | null;
}

/** `lethe`: relative filter and guard; `paper`: the paper's own setting; `baseline`: CIL-only and Retrain. */
export type MethodGroup = 'lethe' | 'paper' | 'baseline';

/** The strategy that stands for a setting where one line has to: Lethe's default, and the paper's best. */
export const HEADLINES = { lethe: 'masked', paper: 'nearest' } as const;

/** Whether a method is the one that stands for its setting. */
export function isHeadline({ name, group }: Pick<MethodOutcome, 'name' | 'group'>): boolean {
  return group !== 'baseline' && HEADLINES[group] === name;
}

/** A method's figures after each step, in the order of the steps; null where it has none. */
export interface MethodOutcome {
  readonly name: string;
  readonly group: MethodGroup;
  /** A_r. */
  readonly remaining: readonly (number | null)[];
  /** A_u. */
  readonly unlearned: readonly (number | null)[];
  /** Mean Jensen-Shannon divergence from Retrain's answers to inputs of unlearned classes, in bits. */
  readonly divergence: readonly (number | null)[];
  /** Recall and specificity of the filter; null where nothing is filtered. */
  readonly filter: readonly ({ readonly recall: number; readonly specificity: number } | null)[];
}

/** One unlearning against Retrain for the same request. */
export interface UnlearningOutcome {
  readonly step: string;
  readonly vectors: number;
  /** From the writing of the command to the writing of the event. */
  readonly seconds: number;
  /** Training of a new model on the remaining classes' vectors, whose embedding is not counted. */
  readonly retrainSeconds: number;
}

/** How well a learner keeps what it learned, on classes that are still known at the end. */
export interface LearningOutcome {
  readonly name: string;
  readonly averageIncremental: number;
  /** Chaudhry et al.; null with one task. */
  readonly forgetting: number | null;
  readonly backwardTransfer: number | null;
}

/** Latencies of live queries in milliseconds. */
export interface LatencySummary {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
}

/** What the queries saw that flowed all the while. */
export interface LiveOutcome {
  readonly queries: number;
  readonly answered: number;
  /** Answers to queries written after an `unlearned` event that name a class which it forgot: must be 0. */
  readonly namedAfterUnlearning: number;
  /** Accuracy on classes that were known when the query was sent. */
  readonly remaining: number | null;
  /** Share of the queries of classes forgotten by then that were still answered with their class. */
  readonly unlearned: number | null;
  /** Null where no query fell into such a period. */
  readonly idle: LatencySummary | null;
  /** While a task is embedded, whether or not another one trains. */
  readonly whileEmbedding: LatencySummary | null;
  /** While a task trains and none is embedded. */
  readonly whileTraining: LatencySummary | null;
}
