import { z } from 'zod';

/** How long and how fast a task is trained; Adam with a stepwise falling learning rate. */
export const scheduleSchema = z.strictObject({
  epochs: z.int().positive().describe('Passes over the vectors of the task.'),
  batchSize: z.int().positive().describe('Largest batch. A small task takes at least four steps an epoch.'),
  learningRate: z.number().positive().describe('Initial learning rate of Adam.'),
  decayEvery: z
    .int()
    .positive()
    .describe('Epochs after which the learning rate is multiplied by 0.1, repeatedly.'),
  weightDecay: z.number().nonnegative().describe("L2 penalty inside the gradient, as in PyTorch's Adam."),
});
export type Schedule = z.infer<typeof scheduleSchema>;

/** The settings of SSRE. The defaults were chosen on real data: docs/decisions/0004-ssre-over-embeddings.md. */
export const ssreConfigSchema = z.strictObject({
  seed: z
    .int()
    .default(1993)
    .describe('Seed of the initial weights, the order of the vectors and the replay.'),
  width: z.int().positive().default(512).describe('Width w of the trunk: the size of a feature.'),
  blocks: z.int().nonnegative().default(1).describe('Residual blocks of the trunk.'),
  rank: z
    .int()
    .positive()
    .default(28)
    .describe(
      'Rank of the side branches. w / 18 gives them the share of weights that 1x1 kernels have beside 3x3 kernels.',
    ),
  temperature: z.number().positive().default(0.1).describe('Temperature tau, which divides the logits.'),
  calibrate: z
    .boolean()
    .default(false)
    .describe(
      'Whether a factor of the temperature is fitted after each task, on vectors that the network was not trained on. A task with classes of fewer than 400 vectors then takes up to four times as long.',
    ),
  scale: z
    .enum(['common', 'components'])
    .default('common')
    .describe(
      'What centred inputs are divided by. common: one deviation, so that rotated vectors are learned alike; components: the deviation of each component.',
    ),
  labelSmoothing: z.number().min(0).lt(1).default(0).describe('Label smoothing of the first task.'),
  replayNoise: z
    .enum(['none', 'radius', 'covariance'])
    .default('covariance')
    .describe(
      'Noise on replayed prototypes. none: SSRE; radius: PASS, the same size in all directions; covariance: that of the features.',
    ),
  similarity: z
    .enum(['raw', 'centred'])
    .default('centred')
    .describe(
      'Cosines behind s_i. raw: of features and prototypes (SSRE); centred: of both minus the mean of the prototypes.',
    ),
  prototypeWeight: z.number().nonnegative().default(10).describe('Factor of the prototype loss (Eq. 3).'),
  distillationWeight: z.number().nonnegative().default(1).describe('Factor of the distillation loss.'),
  /** Training of the first task. */
  initial: scheduleSchema.prefault({
    epochs: 10,
    batchSize: 256,
    learningRate: 1e-3,
    decayEvery: 7,
    weightDecay: 1e-2,
  }),
  /** Training after every later task on vectors of all classes in DB-CIL: docs/decisions/0015-rehearsal-from-db-cil.md. */
  rehearsal: scheduleSchema
    .extend({
      perClass: z
        .int()
        .nonnegative()
        .describe(
          'Largest number of vectors of each class. 0 disables the rehearsal: SSRE as published keeps no exemplars.',
        ),
      rank: z.int().positive().describe('Rank of the side branches of the rehearsal.'),
    })
    .prefault({
      epochs: 5,
      batchSize: 128,
      learningRate: 5e-4,
      decayEvery: 4,
      weightDecay: 5e-4,
      perClass: 5000,
      rank: 128,
    }),
  /** Training of every later task. */
  incremental: scheduleSchema.prefault({
    epochs: 20,
    batchSize: 128,
    learningRate: 1e-3,
    decayEvery: 14,
    weightDecay: 5e-4,
  }),
});
export type SsreConfig = z.infer<typeof ssreConfigSchema>;
