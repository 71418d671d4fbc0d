import { z } from 'zod';

/** The settings of the analytic learner. The defaults were chosen on real data: docs/decisions/0014-analytic-learner.md. */
export const analyticConfigSchema = z.strictObject({
  seed: z.int().default(1993).describe('Seed of the random projection.'),
  projection: z
    .int()
    .nonnegative()
    .max(20_000)
    .default(0)
    .describe('Width of the random projection R in phi(z) = ReLU(z R). 0 means none: phi(z) = z.'),
  lambda: z
    .number()
    .positive()
    .default(0.1)
    .describe(
      'Ridge penalty, for features of about length 1. It does not depend on the data, so that unlearning stays exact.',
    ),
  temperature: z
    .number()
    .positive()
    .default(0.1)
    .describe('Temperature: divides the scores, which are about 0 to 1, before the softmax.'),
  calibrate: z
    .boolean()
    .default(true)
    .describe(
      'Whether a factor of the temperature is fitted after each step, on predictions for vectors that are left out in turn.',
    ),
});
export type AnalyticConfig = z.infer<typeof analyticConfigSchema>;

/** What computes the analytic learner, as models and metrics name it. */
export const ANALYTIC_BACKEND = 'onnxruntime float64';
