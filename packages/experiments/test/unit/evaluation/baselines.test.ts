import type { ModelVersion } from 'lethe/internal/domain/messages/model.js';
import { normalised } from 'lethe/internal/domain/vector.js';
import type { TrainingTask } from 'lethe/internal/model/trainer.js';
import { describe, expect, it } from 'vitest';
import { centroidTraining } from '../../../../../test/support/centroidTrainer.js';
import {
  type BaselineTools,
  trainCilOnly,
  trainJointly,
  trainLive,
  trainRestore,
  trainRetrain,
} from '../../../src/evaluation/baselines.js';
import type { ClassKnowledge } from '../../../src/evaluation/knowledge.js';
import type { Protocol } from '../../../src/protocol.js';

const DIMENSION = 4;
const protocol: Protocol = [
  { kind: 'learn', name: 'initial', classes: ['a', 'b'] },
  { kind: 'learn', name: 'CIL-1', classes: ['c'] },
  { kind: 'unlearn', name: 'MU-1', classes: ['c'] },
  { kind: 'learn', name: 'CIL-2', classes: ['d'] },
  { kind: 'unlearn', name: 'MU-2', classes: ['a'] },
];

const knowledge = new Map<string, ClassKnowledge>(
  ['a', 'b', 'c', 'd'].map((name, at) => {
    const vector = new Float32Array(DIMENSION).fill(0.1);
    vector[at] = 1;
    const centroid = normalised(vector);
    return [
      name,
      {
        record: { name, state: 'learned', task: 't', count: 3, centroid },
        vectors: [0, 1, 2].map((n) => ({ id: `${name}${n}`, className: name, task: 't', vector: centroid })),
      },
    ];
  }),
);

/** Tools that note what was trained on top of what: `a,b+c` is c on top of a and b. */
function tools(rehearsalPerClass = 0) {
  const trained: { history: string; task: TrainingTask }[] = [];
  const histories = new Map<string, string>();
  const made: BaselineTools = {
    knowledge,
    dimension: DIMENSION,
    onProgress: () => undefined,
    load: centroidTraining(DIMENSION).load,
    newTrainer: async (_, from?: ModelVersion) => {
      let history = from ? (histories.get(from.version) ?? '?') : '';
      let known = from?.classes ?? [];
      const { trainer } = centroidTraining(DIMENSION);
      return {
        ...trainer,
        ...(rehearsalPerClass > 0 && { rehearsal: { perClass: rehearsalPerClass, seed: 1 } }),
        train: async (task, onProgress) => {
          history = [history, task.classes.join(',')].filter(Boolean).join('+');
          trained.push({ history, task });
          const model = await trainer.train(task, onProgress);
          known = [...known, ...task.classes];
          const version = `v${histories.size}`;
          histories.set(version, history);
          return { ...model, version, classes: known };
        },
      };
    },
  };
  return { made, trained, histories };
}

const historiesOf = ({ trained }: ReturnType<typeof tools>): string[] =>
  trained.map(({ history }) => history);

describe('baselines', () => {
  it('live: every task on top of the one before, told what is unlearned', async () => {
    const all = tools();
    await trainLive(protocol, all.made);
    expect(historiesOf(all)).toEqual(['a,b', 'a,b+c', 'a,b+c+d']);
    expect(all.trained.map(({ task }) => task.unlearned)).toEqual([[], [], ['c']]);
  });

  it('CIL only: goes on from the first model and forgets nothing', async () => {
    const all = tools();
    const live = await trainLive(protocol.slice(0, 1), all.made);
    await trainCilOnly(protocol, live.get('initial')?.model as ModelVersion, all.made);
    expect(historiesOf(all)).toEqual(['a,b', 'a,b+c', 'a,b+c+d']);
    expect(all.trained.map(({ task }) => task.unlearned)).toEqual([[], [], []]);
  });

  it('Retrain: from scratch at each unlearning, later tasks on top', async () => {
    const all = tools();
    const models = await trainRetrain(protocol, all.made);
    expect(historiesOf(all)).toEqual(['a,b', 'a,b+d', 'b,d']);
    expect([...models.keys()]).toEqual(['MU-1', 'CIL-2', 'MU-2']);
  });

  it('Retrain jointly: from scratch at each step from the first unlearning on', async () => {
    const all = tools();
    await trainJointly(protocol, all.made);
    expect(historiesOf(all)).toEqual(['a,b', 'a,b,d', 'b,d']);
  });

  it('Restore: back to before the task that brought the class, later tasks run again without it', async () => {
    const all = tools();
    const live = await trainLive(protocol, all.made);
    all.trained.length = 0;
    const models = await trainRestore(protocol, live, all.made);
    // c: nothing is left to run again after the model of a and b; then d; a: all from the start.
    expect(historiesOf(all)).toEqual(['a,b+d', 'b', 'b+d']);
    expect(models.get('MU-1')?.model.classes).toEqual(['a', 'b']);
    expect(models.get('MU-2')?.model.classes).toEqual(['b', 'd']);
  });

  it('brings vectors of known classes to be rehearsed, none of unlearned ones', async () => {
    const all = tools(2);
    await trainLive(protocol, all.made);
    expect(all.trained.map(({ task }) => task.rehearsal?.classes)).toEqual([
      undefined,
      ['a', 'b'],
      ['a', 'b'],
    ]);
    expect(all.trained.at(-1)?.task.rehearsal?.labels).toEqual(Int32Array.from([0, 0, 1, 1]));
  });
});
