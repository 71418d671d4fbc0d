import type { SsreCheckpoint } from '../../../../src/model/checkpoint/checkpoint.js';
import type { SsreState } from '../../../../src/model/ssre/network.js';
import { trainTask } from '../../../../src/model/ssre/trainTask.js';
import { loadTensorflow } from '../../../../src/model/tensorflow/loadTensorflow.js';
import { clusters, smallConfig } from '../ssre/support.js';

/** Checkpoints of two tasks, one on top of the other. */
export async function someCheckpoints(): Promise<[SsreCheckpoint, SsreCheckpoint]> {
  const { tf } = await loadTensorflow('cpu');
  const config = smallConfig();
  const of = (state: SsreState, task: string): SsreCheckpoint => ({
    learner: 'ssre',
    state: { ...state, temperatureFactor: 1.25 },
    task,
    config,
    backend: 'cpu',
  });
  const first = await trainTask(tf, null, clusters([0, 1], 20), config, () => {});
  const second = await trainTask(tf, first, clusters([2], 20), config, () => {});
  return [of(first, 'birds and cats'), of(second, 'dogs')];
}
