import { z } from 'zod';

/** How long and how fast a task is trained; Adam with a stepwise falling learning rate. */
export const scheduleSchema = z.strictObject({
  /** Passes over the task's vectors. */
  epochs: z.int().positive(),
  /** Vectors in a step, at most: a small task takes at least four steps an epoch. */
  batchSize: z.int().positive(),
  learningRate: z.number().positive(),
  /** The learning rate is multiplied by 0.1 after every so many epochs. */
  decayEvery: z.int().positive(),
  /** L2 penalty inside the gradient, as in PyTorch's Adam. */
  weightDecay: z.number().nonnegative(),
});
export type Schedule = z.infer<typeof scheduleSchema>;

/** The settings of SSRE. The defaults were chosen on real data: docs/decisions/0004-ssre-over-embeddings.md. */
export const ssreConfigSchema = z.strictObject({
  /** Seed of the initial weights, the order of the vectors and the replay. */
  seed: z.int().default(1993),
  /** Width w of the trunk, the size of a feature. */
  width: z.int().positive().default(512),
  /** Residual blocks of the trunk. */
  blocks: z.int().nonnegative().default(1),
  /** Rank of the side branches; w / 18 gives them the share of weights that 1x1 has beside 3x3 kernels. */
  rank: z.int().positive().default(28),
  /** Temperature tau: logits are divided by it. */
  temperature: z.number().positive().default(0.1),
  /** Probability that the first task's targets spread evenly over all its classes. */
  labelSmoothing: z.number().min(0).lt(1).default(0),
  /** Noise on replayed prototypes: `none` is SSRE; `radius` PASS's, of one size in all directions; `covariance` spreads as the features did. */
  replayNoise: z.enum(['none', 'radius', 'covariance']).default('covariance'),
  /** The cosines behind s_i: of features and prototypes (`raw`, SSRE), or of both less the prototypes' mean (`centred`). */
  similarity: z.enum(['raw', 'centred']).default('centred'),
  /** Factor of the prototype loss (Eq. 3). */
  prototypeWeight: z.number().nonnegative().default(10),
  /** Factor of the distillation. */
  distillationWeight: z.number().nonnegative().default(1),
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
      /** Vectors of each class, at most; 0 leaves the rehearsal out: SSRE as published keeps no examples. */
      perClass: z.int().nonnegative(),
      /** Rank of its side branches. */
      rank: z.int().positive(),
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
