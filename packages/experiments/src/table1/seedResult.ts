import { z } from 'zod';
import { BASELINES } from '../evaluation/evaluateProtocol.js';

const share = z.number().nullable();
const quality = z.strictObject({
  examplesPerRequest: z.number(),
  requests: z.number(),
  refused: z.number(),
  precision: share,
  recall: z.number(),
});

/** What one seed gave: the file that a run which was broken off is resumed from. Accuracies are shares from 0 to 1. */
export const seedResultSchema = z.strictObject({
  /** Of the settings: a result is used again only where it is equal. */
  settingsHash: z.string(),
  seed: z.int(),
  startedAt: z.string(),
  seconds: z.number(),
  backend: z.string(),
  steps: z.array(
    z.strictObject({ name: z.string(), kind: z.enum(['learn', 'unlearn']), classes: z.array(z.string()) }),
  ),
  methods: z.array(
    z.strictObject({
      name: z.string(),
      group: z.enum(['lethe', 'paper', 'baseline']),
      remaining: z.array(share),
      unlearned: z.array(share),
      divergence: z.array(share),
      filter: z.array(z.strictObject({ recall: z.number(), specificity: z.number() }).nullable()),
    }),
  ),
  /** Seconds of each step by system; null where it has nothing to do or no model. Embedding is not counted. */
  times: z.array(z.strictObject({ name: z.string(), seconds: z.array(share) })),
  requests: z.array(
    z.strictObject({
      step: z.string(),
      classes: z.array(z.string()),
      vectors: z.number(),
      secondsByName: z.number(),
      secondsByImages: z.number(),
      byExamples: quality,
      byOneExample: quality,
    }),
  ),
  learning: z.array(
    z.strictObject({
      name: z.string(),
      averageIncremental: z.number(),
      forgetting: share,
      backwardTransfer: share,
    }),
  ),
  /** Images per second of the embedder, measured in this run with nothing else running. */
  imagesPerSecond: z.number(),
  /** Training vectors of the classes that remain after each step: what Retrain would have to embed. */
  remainingVectors: z.array(z.number()),
});
export type SeedResult = z.infer<typeof seedResultSchema>;

/** Names of the systems whose time is told. */
export const TIMED = { lethe: 'Lethe', ...BASELINES } as const;
