/** How queries are answered. Every field says what it is for. */

import { z } from 'zod';
import { STRATEGY_NAMES } from '../../../domain/messages/prediction.js';
import { count } from './common.js';

export const inference = z
  .strictObject({
    embedBatchSize: count
      .max(1024)
      .describe('Images of queries that are embedded together at most; none waits for others.'),
    batchSize: count
      .max(4096)
      .describe(
        'Queries that are searched for, classified and answered together at most; none waits for others.',
      ),
    strategy: z
      .enum(STRATEGY_NAMES)
      .describe(
        "How inputs of unlearned classes are answered: masked (the model's scores of the remaining classes), or Eq. 6-9 of the paper; nearest is its best.",
      ),
    guard: z
      .boolean()
      .describe('Whether unlearned classes are masked in every answer; off reproduces the paper.'),
    topK: count.max(1000).describe('Classes that a prediction lists.'),
    unknown: z
      .strictObject({
        enabled: z
          .boolean()
          .describe('Whether inputs that are like nothing in either database are answered "unknown".'),
        share: z
          .number()
          .gt(0)
          .lt(1)
          .describe('Share of inputs of known classes that the calibration lets through.'),
      })
      .describe('What is done with inputs of no class at all.'),
  })
  .describe('How queries are answered.');

export const filter = z
  .strictObject({
    kind: z
      .enum(['relative', 'threshold'])
      .describe('relative: calibrated, compares both databases; threshold: Eq. 5.'),
    threshold: z
      .number()
      .min(-1)
      .max(1)
      .describe('Similarity from which the threshold filter says unlearned.'),
    k: count.max(1000).describe('Neighbours in each database that the relative filter looks at.'),
    specificity: z
      .number()
      .gt(0)
      .lt(1)
      .describe('Least share of inputs of remaining classes that the calibration lets through.'),
    calibrate: z
      .boolean()
      .describe(
        'Whether the level is calibrated after every change of the databases; off keeps threshold, or margin 0.',
      ),
    calibrationSamples: count.max(10_000).describe('Vectors of each database that a calibration draws.'),
  })
  .describe('How inputs of unlearned classes are told from others.');
