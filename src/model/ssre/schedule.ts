import type { Schedule } from './config.js';

/** Learning rate of an epoch counted from 0: a tenth after every `decayEvery` epochs. */
export function learningRateAt(epoch: number, { learningRate, decayEvery }: Schedule): number {
  return learningRate * 0.1 ** Math.floor(epoch / decayEvery);
}
