/** How classes are learned and unlearned. Every field says what it is for. */

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
      .describe('A task is given up when no sample of it arrives for so long.'),
    embedBatchSize: count
      .max(1024)
      .describe(
        'Images of samples that are embedded together at most; a live query may have to wait for them.',
      ),
    learner: z
      .enum(['ssre', 'analytic'])
      .describe(
        "ssre: the paper's; analytic: ridge regression in closed form, from which classes are taken out exactly.",
      ),
    analytic: learningAnalyticSchema.describe('Hyper-parameters of the analytic learner.'),
    ssre: learningSsreSchema.describe(
      'Hyper-parameters of SSRE; what is left out has the default chosen on real data.',
    ),
  })
  .describe('How tasks are learned.');

export const unlearning = z
  .strictObject({
    k: count.max(10_000).describe('Neighbours of an example that vote for its class.'),
    minimalShare: z.number().gt(0).max(1).describe('Least share of the votes that the first class needs.'),
    minimalLead: z
      .number()
      .min(0)
      .max(1)
      .describe('Least lead over the second class, as a share of the votes.'),
    rebuild: z
      .strictObject({
        margin: z
          .number()
          .min(0)
          .max(1)
          .describe(
            'Share of accuracy on the remaining classes that a rebuilt model may lose; else it is refused.',
          ),
        samples: count.max(10_000).describe('Vectors of each class that the two models are compared on.'),
        deleteSamples: z
          .boolean()
          .describe(
            'Whether an erasure deletes all samples that were read, of every class, from their topic.',
          ),
      })
      .describe('How a model is rebuilt without erased classes.'),
  })
  .describe('How the class to be forgotten is found from examples, and how classes are erased.');
