/** How classes are learned and unlearned. Every field has a description. */

import { z } from 'zod';
import { analyticConfigSchema } from '../../../model/analytic/config.js';
import { ssreConfigSchema } from '../../../model/ssre/config.js';
import { count } from './common.js';

/** SSRE's settings without its seed, which is the model's. */
export const learningSsreSchema = ssreConfigSchema.omit({ seed: true });

/** Likewise those of the analytic learner. */
export const learningAnalyticSchema = analyticConfigSchema.omit({ seed: true });

export const learning = z
  .strictObject({
    taskTimeoutSeconds: z
      .number()
      .positive()
      .max(86_400)
      .describe('A task fails if none of its samples arrives for this long.'),
    embedBatchSize: count
      .max(1024)
      .describe('Largest batch of sample images to embed. A live query may have to wait for one batch.'),
    learner: z
      .enum(['ssre', 'analytic'])
      .describe(
        "analytic: ridge regression in closed form, from which classes can be subtracted exactly; ssre: the paper's network.",
      ),
    analytic: learningAnalyticSchema.describe('Hyper-parameters of the analytic learner.'),
    ssre: learningSsreSchema.describe('Hyper-parameters of SSRE. The defaults were chosen on real data.'),
  })
  .describe('How tasks are learned.');

export const unlearning = z
  .strictObject({
    k: count.max(10_000).describe('Neighbours of each example that vote for its class.'),
    minimalShare: z.number().gt(0).max(1).describe('Smallest share of the votes that the first class needs.'),
    minimalLead: z
      .number()
      .min(0)
      .max(1)
      .describe('Smallest lead over the second class, as a share of the votes.'),
    rebuild: z
      .strictObject({
        margin: z
          .number()
          .min(0)
          .max(1)
          .describe(
            'Accuracy on the remaining classes that a rebuilt model may lose, as a share. Lethe refuses worse models.',
          ),
        samples: count.max(10_000).describe('Vectors of each class on which Lethe compares the two models.'),
        deleteSamples: z
          .boolean()
          .describe(
            'Whether an erasure deletes all samples that were read, of every class, from the samples topic.',
          ),
      })
      .describe('How a model is rebuilt without erased classes.'),
  })
  .describe('How Lethe finds a class by examples, and how it erases classes.');
