import { describe, expect, it } from 'vitest';
import type { SsreState } from '../../../../src/model/ssre/network.js';
import type { OptimiserState } from '../../../../src/model/ssre/optimise.js';
import { trainTask } from '../../../../src/model/ssre/trainTask.js';
import { loadTensorflow } from '../../../../src/model/tensorflow/loadTensorflow.js';
import type { TrainingTask } from '../../../../src/model/trainer.js';
import { clusters, smallConfig } from './support.js';

const { tf } = await loadTensorflow('wasm');
const config = smallConfig();
const first = clusters([0, 1, 2], 40);
const second = { ...clusters([3, 4], 40), unlearned: ['1'] };

/** Trains until it breaks off after the epoch; gives what was reported then. */
async function brokenOff(
  state: SsreState | null,
  task: TrainingTask,
  epoch: number,
): Promise<OptimiserState> {
  let saved: OptimiserState | undefined;
  const training = trainTask(tf, state, task, config, (report) => {
    if (report.epoch < epoch) return;
    saved = structuredClone(report.state);
    throw new Error('killed');
  });
  await expect(training).rejects.toThrow('killed');
  if (!saved) throw new Error('no report');
  return saved;
}

const before = await trainTask(tf, null, first, config, () => {});

describe.each([
  ['the first task', null, first],
  ['a later task', before, second],
])('%s that breaks off', (_, state, task) => {
  it.each([1, 2, 5, 6])('after epoch %i goes on to the very same numbers', async (epoch) => {
    const whole = await trainTask(tf, state, task, config, () => {});
    const saved = await brokenOff(state, task, epoch);
    const copy = structuredClone(saved);
    const epochs: number[] = [];
    const resumed = await trainTask(
      tf,
      state,
      task,
      config,
      (report) => void epochs.push(report.epoch),
      saved,
    );
    expect(resumed).toEqual(whole);
    expect(epochs).toEqual([1, 2, 3, 4, 5, 6].slice(epoch));
    expect(saved).toEqual(copy);
  });

  it('does not go on from another training', async () => {
    const saved = await brokenOff(state, task, 1);
    const other = { ...saved, parameters: saved.parameters.slice(1) };
    await expect(trainTask(tf, state, task, config, () => {}, other)).rejects.toMatchObject({
      code: 'training-failed',
      field: 'resume',
    });
  });
});
