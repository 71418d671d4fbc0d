/** How queries are answered. Every field says what it is for. */

import { z } from 'zod';
import { STRATEGY_NAMES, UNLEARNED_ANSWERS } from '../../../domain/messages/prediction.js';
import { PREDICTION_KEYS } from '../../../streams/predictionRecord.js';
import { count } from './common.js';

/** Not one that CloudEvents or Lethe give a meaning. */
const headerName = z
  .string()
  .min(1)
  .max(256)
  .refine((name) => !/^(ce_|content-type$|lethe)/i.test(name), 'reserved for CloudEvents and Lethe');

export const inference = z
  .strictObject({
    embedBatchSize: count
      .max(1024)
      .describe('Largest batch of query images to embed. No image waits for a batch to fill.'),
    batchSize: count
      .max(4096)
      .describe(
        'Largest batch of queries to search, classify and answer. No query waits for a batch to fill.',
      ),
    strategy: z
      .enum(STRATEGY_NAMES)
      .describe(
        "Output strategy for inputs of unlearned classes: masked (the model's scores of the remaining classes) or one of the paper's (Eq. 6-9), of which nearest is best.",
      ),
    guard: z.boolean().describe('Whether every answer masks unlearned classes. false reproduces the paper.'),
    unlearned: z
      .enum(UNLEARNED_ANSWERS)
      .describe(
        'Treatment of inputs that the filter or the guard assigns to an unlearned class: answer (by the strategy) or abstain (label null, route "abstained").',
      ),
    topK: count.max(1000).describe('Number of classes that a prediction lists.'),
    predictions: z
      .strictObject({
        key: z
          .enum(PREDICTION_KEYS)
          .describe(
            "Key of a prediction's record: id (the id of its query) or query (the key of its query's record: predictions of one key stay in the order of the queries).",
          ),
        headers: z
          .array(headerName)
          .max(32)
          .describe("Headers that a prediction's record takes over from its query's, by their names."),
      })
      .describe(
        "What a prediction's record takes over from its query's. The trace (traceparent, tracestate) it always does.",
      ),
    unknown: z
      .strictObject({
        enabled: z
          .boolean()
          .describe(
            'Whether inputs that resemble nothing in either database get no class (label null, route "unknown").',
          ),
        share: z
          .number()
          .gt(0)
          .lt(1)
          .describe('Share of inputs of known classes that the calibration accepts.'),
      })
      .describe('Detection of inputs of no known class.'),
  })
  .describe('How queries are answered.');

export const filter = z
  .strictObject({
    kind: z
      .enum(['linear', 'linear+knn', 'relative', 'threshold'])
      .describe(
        'linear: a discriminant over all classes, whose cost does not depend on the number of vectors; linear+knn: also compares the fifth of inputs nearest to its level with both databases; relative: compares an input with its nearest in both databases; threshold: Eq. 5 of the paper.',
      ),
    threshold: z
      .number()
      .min(-1)
      .max(1)
      .describe('Similarity above which the threshold filter treats an input as unlearned.'),
    k: count
      .max(1000)
      .describe(
        'Neighbours in each database that the relative filter compares, and with inference.unknown every filter.',
      ),
    specificity: z
      .number()
      .gt(0)
      .lt(1)
      .describe('Smallest share of inputs of remaining classes that must pass the filter.'),
    calibrate: z
      .boolean()
      .describe(
        'Whether Lethe calibrates the level after every change of the databases. false keeps the threshold, or level 0.',
      ),
    calibrationSamples: count
      .max(10_000)
      .describe(
        'Vectors of each database that a calibration samples; of the linear filter four times as many, in all classes together.',
      ),
  })
  .describe('How Lethe detects inputs of unlearned classes.');
