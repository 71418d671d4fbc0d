import { z } from 'zod';

/** The settings of the analytic learner. The defaults were chosen on real data: docs/decisions/0014-analytic-learner.md. */
export const analyticConfigSchema = z.strictObject({
  /** Seed of the random projection. */
  seed: z.int().default(1993),
  /** Width of the random projection R of phi(z) = ReLU(z R); 0 leaves it out: phi(z) = z. */
  projection: z.int().nonnegative().max(20_000).default(0),
  /** Ridge penalty lambda, for features of about length 1. Chosen once: to choose it by the data would let them in. */
  lambda: z.number().positive().default(0.1),
  /** Scores, which are about 0 to 1, are divided by it before the softmax. */
  temperature: z.number().positive().default(0.1),
});
export type AnalyticConfig = z.infer<typeof analyticConfigSchema>;

/** What computes the analytic learner, as models and metrics name it. */
export const ANALYTIC_BACKEND = 'onnxruntime float64';
