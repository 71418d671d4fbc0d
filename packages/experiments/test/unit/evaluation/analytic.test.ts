import { normalised, stacked } from 'lethe/internal/domain/vector.js';
import { analyticConfigSchema } from 'lethe/internal/model/analytic/config.js';
import { normals, randomOf } from 'lethe/internal/model/ssre/random.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { centroidTraining } from '../../../../../test/support/centroidTrainer.js';
import { trainAnalytic } from '../../../src/evaluation/analytic.js';
import { type BaselineModels, type BaselineTools, trainJointly } from '../../../src/evaluation/baselines.js';
import type { ClassKnowledge } from '../../../src/evaluation/knowledge.js';
import { withLearner } from '../../../src/learnerTools.js';
import type { Protocol } from '../../../src/protocol.js';

const DIMENSION = 8;
const protocol: Protocol = [
  { kind: 'learn', name: 'initial', classes: ['a', 'b', 'c'] },
  { kind: 'unlearn', name: 'MU-1', classes: ['b'] },
  { kind: 'learn', name: 'CIL-1', classes: ['d'] },
  { kind: 'unlearn', name: 'MU-2', classes: ['a', 'd'] },
  { kind: 'learn', name: 'CIL-2', classes: ['e', 'f'] },
];

/** Vectors around an axis of its own for each class, with enough noise for classes to overlap. */
const knowledge = new Map<string, ClassKnowledge>(
  ['a', 'b', 'c', 'd', 'e', 'f'].map((name, at) => {
    const vectors = Array.from({ length: 30 }, (_, n) => {
      const noise = normals(DIMENSION, 0.4, randomOf(at, n));
      const vector = normalised(noise.map((value, i) => value + (i === at ? 1 : 0)));
      return { id: `${name}${n}`, className: name, task: 't', vector };
    });
    const centroid = normalised(new Float32Array(DIMENSION).fill(1));
    return [name, { record: { name, state: 'learned', task: 't', count: 30, centroid }, vectors }];
  }),
);

const inputs = stacked(
  [...knowledge.values()].flatMap(({ vectors }) => vectors.map(({ vector }) => vector)),
  DIMENSION,
);

describe('the analytic learner in an experiment', () => {
  let live: BaselineModels;
  let retrained: BaselineModels;
  const progress: string[] = [];

  beforeAll(async () => {
    await withLearner(
      { analytic: analyticConfigSchema.parse({}), backend: 'auto', dimension: DIMENSION },
      async (learner) => {
        const tools: BaselineTools = {
          ...learner,
          knowledge,
          dimension: DIMENSION,
          onProgress: (system, { task }) => progress.push(`${system} ${task}`),
        };
        live = await trainAnalytic(protocol, tools);
        retrained = await trainJointly(protocol, tools, 0);
      },
    );
  });

  it('has a model after every step, of the remaining classes alone, and a time for it', () => {
    expect([...live].map(([step, { model }]) => [step, model.classes])).toEqual([
      ['initial', ['a', 'b', 'c']],
      ['MU-1', ['a', 'c']],
      ['CIL-1', ['a', 'c', 'd']],
      ['MU-2', ['c']],
      ['CIL-2', ['c', 'e', 'f']],
    ]);
    for (const { seconds } of [...live.values(), ...retrained.values()]) expect(seconds).toBeGreaterThan(0);
    expect(progress.filter((each) => each.startsWith('Analytic'))).toEqual(
      protocol.map(({ name }) => `Analytic ${name}`),
    );
  });

  it('answers after every step as a retrained one does, to the last bit', async () => {
    for (const { name } of protocol) {
      const [own, other] = [live.get(name), retrained.get(name)];
      expect(own?.model.classes).toEqual(other?.model.classes);
      expect(await own?.classifier.logits(inputs)).toEqual(await other?.classifier.logits(inputs));
    }
  });

  it('tells of a learner that takes no class out', async () => {
    const { trainer, load } = centroidTraining(DIMENSION);
    const tools = { newTrainer: async () => trainer, load, knowledge, dimension: DIMENSION };
    await expect(trainAnalytic(protocol, { ...tools, onProgress: () => undefined })).rejects.toThrow(
      RangeError,
    );
  });
});
