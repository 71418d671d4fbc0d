import { createMemoryStore } from 'lethe/internal/adapters/memory/store/createMemoryStore.js';
import type { LetheConfig } from 'lethe/internal/app/config/schema.js';
import type { EmbeddedDataset } from '../embeddings/embedDataset.js';
import { classifiersOf, trainLive } from '../evaluation/baselines.js';
import { datasetKnowledge, datasetTest } from '../evaluation/datasetKnowledge.js';
import { evaluateProtocol } from '../evaluation/evaluateProtocol.js';
import { withLearner } from '../learnerTools.js';
import { cifar10Protocol } from '../protocol.js';
import type { ShowWork } from '../table1/runSeed.js';
import { countMistakes, type MistakeCount, mistakesPicture } from './mistakes.js';

/** What Fig. 4 is drawn from. */
export interface MistakesInput {
  readonly embedded: EmbeddedDataset;
  readonly config: LetheConfig;
  readonly seed: number;
  readonly show: ShowWork;
}

/** Plays the protocol up to the first unlearning; counts and draws the filter's mistakes after it. */
export async function drawMistakes({ embedded, config, seed, show }: MistakesInput): Promise<{
  readonly backend: string;
  readonly counts: readonly MistakeCount[];
  readonly pictures: Readonly<Record<'paper' | 'lethe', string>>;
}> {
  const { dimension, classNames } = embedded;
  const protocol = cifar10Protocol(classNames, seed).slice(0, 2);
  const knowledge = datasetKnowledge(embedded, protocol);
  const { k, specificity, calibrationSamples: heldOut } = config.filter;
  const ssre = { ...config.learning.ssre, seed };
  let backend = 'unknown';
  const steps = await withLearner({ ssre, backend: config.model.backend, dimension }, async (learner) => {
    const live = await trainLive(protocol, {
      ...learner,
      knowledge,
      dimension,
      onProgress: (_, { task }, { epoch, epochs }) => show(`${task}: epochs`, epoch, epochs),
    });
    backend = live.get('initial')?.model.backend ?? backend;
    const store = createMemoryStore({ dimension });
    return evaluateProtocol({
      protocol,
      knowledge,
      test: datasetTest(embedded, protocol),
      store,
      live: classifiersOf(live),
      cilOnly: new Map(),
      retrain: new Map(),
      filter: { k, specificity, heldOut },
      seed,
    }).finally(() => store.close());
  });
  const last = steps.at(-1);
  if (!last) throw new RangeError('the protocol has no step');
  return {
    backend,
    counts: countMistakes(last),
    pictures: {
      paper: await mistakesPicture(last, 'paper', seed),
      lethe: await mistakesPicture(last, 'lethe', seed),
    },
  };
}
