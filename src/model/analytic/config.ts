import { z } from 'zod';

/** The settings of the analytic learner. The defaults were chosen on real data: docs/decisions/0014-analytic-learner.md. */
export const analyticConfigSchema = z.strictObject({
  seed: z.int().default(1993).describe('Seed of the random projection.'),
  projection: z
    .union([z.literal('auto'), z.int().nonnegative().max(20_000)])
    .default('auto')
    .describe(
      'Width of the random projection R in phi(z) = [z, ReLU(z R)]. 0 means none: phi(z) = z. auto: for vectors of fewer than 1024 components, up to 1024, so that there are at most 1536 features; else 0.',
    ),
  balance: z
    .boolean()
    .default(true)
    .describe('Whether every class counts the same, however many vectors it has. false: every vector does.'),
  lambda: z
    .number()
    .positive()
    .default(0.3)
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
