import { type Random, randomOf } from './random.js';

const PURPOSES = [
  'weights',
  'epochs',
  'prototypes',
  'rehearsal weights',
  'rehearsal epochs',
  'rehearsal prototypes',
  'statistics',
] as const;

/** The random numbers of a task by purpose: what one purpose draws changes no other. */
export function randomOfTask(
  seed: number,
  task: number,
): (purpose: (typeof PURPOSES)[number], epoch?: number) => Random {
  return (purpose, epoch = 0) => randomOf(seed, task, PURPOSES.indexOf(purpose), epoch);
}
