import { z } from 'zod';
import { knownNameSchema } from '../className.js';

/** The four output strategies of eCIL-MU, Eq. 6-9. */
export const PAPER_STRATEGIES = ['uniform', 'proportional', 'inverse', 'nearest'] as const;
export type PaperStrategy = (typeof PAPER_STRATEGIES)[number];

/** All output strategies: the paper's, and `masked`, the model's own scores of the remaining classes. */
export const STRATEGY_NAMES = [...PAPER_STRATEGIES, 'masked'] as const;
export type StrategyName = (typeof STRATEGY_NAMES)[number];

/**
 * Who answered: the model, or an output strategy because the filter or the guard stopped the input. Or nobody: because the input
 * is like nothing in either database (`unknown`), or because the filter or the guard stopped it (`abstained`).
 */
export const routeSchema = z.enum([
  'model',
  ...STRATEGY_NAMES.map((name) => `strategy:${name}` as const),
  'unknown',
  'abstained',
]);

/** What becomes of inputs that the filter or the guard stops: an output strategy answers, or nobody does. */
export const UNLEARNED_ANSWERS = ['answer', 'abstain'] as const;
export type UnlearnedAnswer = (typeof UNLEARNED_ANSWERS)[number];

/** Why an input was taken for one of an unlearned class, or not. */
export const filterEvidenceSchema = z.object({
  /** The filter's decision (linear, relative, or Eq. 5). */
  filtered: z.boolean(),
  /** Whether the guard stopped it: the model's best class is an unlearned one. */
  guarded: z.boolean(),
  /**
   * How far the input's score lies above the level of the linear filter (negative: below), as a difference of logarithms of
   * likelihoods. Left out by the other filters, and while nothing is unlearned.
   */
  margin: z.number().optional(),
  /**
   * Similarity to DB-MU: of the nearest vector (threshold) or the mean of the k nearest (relative); null where DB-MU is empty,
   * and for the linear filter, which does not search.
   */
  unlearnedSimilarity: z.number().nullable(),
  /** Mean similarity to the k nearest in DB-CIL; null for the threshold filter and the linear one. */
  remainingSimilarity: z.number().nullable(),
});
export type FilterEvidence = z.infer<typeof filterEvidenceSchema>;

/** The answer to a query. Topic `predictions`, keyed by the query's id, or as the query's record is (`inference.predictions.key`). */
export const predictionSchema = z.object({
  queryId: z.string().min(1),
  /** The class; null where nobody answered (route `unknown` or `abstained`). */
  label: knownNameSchema.nullable(),
  /** The most probable classes, best first, none where nobody answered; never an unlearned one while the guard is on. */
  probabilities: z.array(z.object({ label: knownNameSchema, probability: z.number().min(0).max(1) })),
  route: routeSchema,
  evidence: filterEvidenceSchema,
  modelVersion: z.string(),
  registryVersion: z.int().nonnegative(),
  /** From the writing of the query to the making of the answer, in milliseconds; null where its record tells no time. */
  latencyMs: z.number().nonnegative().nullable(),
  /** The truth label that the query carried, repeated for whoever measures accuracy. */
  truth: knownNameSchema.optional(),
});
export type Prediction = z.infer<typeof predictionSchema>;
