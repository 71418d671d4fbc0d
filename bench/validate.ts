/**
 * Lethe's defaults on a validation split: a fifth of CIFAR-10's *training* images is held out, no test image is seen.
 * What the filter's specificity and the rehearsal cost and gain, beside Retrain. `npm run bench:validate -- 1993,7`
 */
import { loadConfig } from '../src/app/config/loadConfig.js';
import { cacheFolder } from '../src/data/cacheFolder.js';
import { embeddedCifar10 } from '../src/experiments/embeddedCifar10.js';
import { classifiersOf, trainLive, trainRetrain } from '../src/experiments/evaluation/baselines.js';
import { datasetKnowledge, datasetTest } from '../src/experiments/evaluation/datasetKnowledge.js';
import { evaluateProtocol } from '../src/experiments/evaluation/evaluateProtocol.js';
import { learningOutcome, methodOutcomes } from '../src/experiments/evaluation/outcomes.js';
import { withLearner } from '../src/experiments/learnerTools.js';
import { cifar10Protocol } from '../src/experiments/protocol.js';
import { createMemoryStore } from '../src/stores/memory/createMemoryStore.js';
import { validationSplit } from './support/validationSplit.js';

const SEEDS = (process.argv[2] ?? '1993').split(',').map(Number);
const SPECIFICITIES = [0.97, 0.98, 0.99, 0.995, 1];
const REHEARSED = [5000, 0];

const { config } = loadConfig({ variables: {}, overrides: {} });
const { backend } = config.model;
const { k, calibrationSamples: heldOut } = config.filter;
const split = validationSplit(await embeddedCifar10(cacheFolder(), () => undefined));
const { dimension, classNames } = split;

console.log(
  'seed\trehearsed a class\tspecificity\tstep\tA_r\tless Retrain\tA_u\tJS\trecall\tspecificity on validation\tforgetting\tseconds of tasks',
);
for (const seed of SEEDS) {
  const protocol = cifar10Protocol(classNames, seed);
  const knowledge = datasetKnowledge(split, protocol, Number.POSITIVE_INFINITY);
  const test = datasetTest(split, protocol, Number.POSITIVE_INFINITY);
  for (const perClass of REHEARSED) {
    const { rehearsal, ...rest } = config.learning.ssre;
    const ssre = { ...rest, rehearsal: { ...rehearsal, perClass }, seed };
    await withLearner({ ssre, backend, dimension }, async (learner) => {
      const tools = { ...learner, knowledge, dimension, onProgress: () => undefined };
      const live = await trainLive(protocol, tools);
      const retrain = classifiersOf(await trainRetrain(protocol, tools));
      const seconds = [...live.values()].map((model) => model.seconds.toFixed(1)).join(' ');
      for (const specificity of SPECIFICITIES) {
        const store = createMemoryStore({ dimension });
        const evaluations = await evaluateProtocol({
          protocol,
          knowledge,
          test,
          store,
          live: classifiersOf(live),
          cilOnly: new Map(),
          retrain,
          filter: { k, specificity, heldOut },
          seed,
        }).finally(() => store.close());
        const methods = methodOutcomes(evaluations);
        const { forgetting } = learningOutcome(evaluations, { name: 'nearest', group: 'lethe' }, 'Lethe');
        const lethe = methods.find(({ name, group }) => name === 'nearest' && group === 'lethe');
        const reference = methods.find(({ name }) => name === 'Retrain');
        for (const [at, { name }] of protocol.entries()) {
          const points = (value: number | null | undefined): string =>
            typeof value === 'number' ? (100 * value).toFixed(2) : '–';
          const own = lethe?.remaining[at];
          const other = reference?.remaining[at];
          const less = typeof own === 'number' && typeof other === 'number' ? own - other : null;
          const filter = lethe?.filter[at];
          console.log(
            [
              seed,
              perClass,
              specificity,
              name,
              points(own),
              points(less),
              points(lethe?.unlearned[at]),
              lethe?.divergence[at]?.toFixed(3) ?? '–',
              points(filter?.recall),
              points(filter?.specificity),
              points(forgetting),
              seconds,
            ].join('\t'),
          );
        }
      }
    });
  }
}
process.exit(0);
