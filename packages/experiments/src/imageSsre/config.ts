import { scheduleSchema, ssreConfigSchema } from 'lethe/internal/model/ssre/config.js';
import { z } from 'zod';

/** Trunks for small images: the published ResNet-18, and the ResNet-20 that He et al. made for CIFAR. */
export const TRUNK_NAMES = ['resnet18', 'resnet20'] as const;
export type TrunkName = (typeof TRUNK_NAMES)[number];

const { seed, temperature, labelSmoothing, prototypeWeight, distillationWeight } = ssreConfigSchema.shape;

/** The settings of SSRE on images. The defaults are the published ones (SSRE: Zhu et al., CVPR 2022). */
export const imageSsreConfigSchema = z.strictObject({
  seed,
  trunk: z.enum(TRUNK_NAMES).default('resnet18'),
  /** Channels of the first stage, for a smaller network; left out, the trunk's own: 64 or 16. */
  channels: z.int().positive().optional(),
  /** Height and width of the images in pixels; a multiple of 8. */
  side: z.int().positive().multipleOf(8).default(32),
  temperature,
  labelSmoothing,
  replayNoise: ssreConfigSchema.shape.replayNoise.unwrap().default('none'),
  similarity: ssreConfigSchema.shape.similarity.unwrap().default('raw'),
  prototypeWeight,
  distillationWeight,
  augmentation: z
    .strictObject({
      /** Black pixels around an image, out of which it is cropped again at a random place. */
      padding: z.int().nonnegative().default(4),
      /** Whether every second image is mirrored, at random. */
      flip: z.boolean().default(true),
    })
    .prefault({}),
  /** Training of the first task. */
  initial: scheduleSchema.prefault({
    epochs: 100,
    batchSize: 128,
    learningRate: 1e-3,
    decayEvery: 45,
    weightDecay: 5e-4,
  }),
  /** Training of every later task. */
  incremental: scheduleSchema.prefault({
    epochs: 60,
    batchSize: 128,
    learningRate: 2e-4,
    decayEvery: 45,
    weightDecay: 5e-4,
  }),
});
export type ImageSsreConfig = z.infer<typeof imageSsreConfigSchema>;
