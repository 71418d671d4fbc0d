import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessHandle } from '../../scripts/services/processHandle.js';
import type { Random } from '../../src/model/ssre/random.js';
import type { Variables } from '../support/letheProcess.js';
import { type Supervised, supervise } from '../support/supervised.js';

/** What can be struck. */
export interface Targets {
  readonly kafka: ProcessHandle;
  readonly redis: ProcessHandle;
  readonly learner: Supervised;
  readonly workers: readonly Supervised[];
  readonly variables: Variables;
}

type Fault = (targets: Targets, random: Random) => Promise<void>;

const oneOf = <T>(all: readonly T[], random: Random): T => all[random.below(all.length)] as T;

const killed =
  (service: 'kafka' | 'redis'): Fault =>
  async (targets, random) => {
    await targets[service].kill();
    await sleep(random.below(3000));
    await targets[service].restart();
  };
const frozen =
  (service: 'kafka' | 'redis'): Fault =>
  async (targets, random) => {
    targets[service].freeze();
    await sleep(500 + random.below(4000));
    targets[service].resume();
  };
/** Up to twice the session timeout: at times it is a zombie when it goes on. */
const stopped = async (victim: Supervised, random: Random): Promise<void> => {
  victim.signal('SIGSTOP');
  await sleep(500 + random.below(11_500));
  victim.signal('SIGCONT');
};

const FAULTS: Readonly<Record<string, Fault>> = {
  'kill -9 of an answering worker': async ({ workers }, random) => oneOf(workers, random).signal('SIGKILL'),
  'kill -9 of the learner': async ({ learner }) => learner.signal('SIGKILL'),
  'kill -9 of the broker': killed('kafka'),
  'kill -9 of Redis': killed('redis'),
  'an answering worker stopped': ({ workers }, random) => stopped(oneOf(workers, random), random),
  'the learner stopped': ({ learner }, random) => stopped(learner, random),
  'the broker stopped': frozen('kafka'),
  'Redis stopped': frozen('redis'),
  'a third worker joins and leaves': async ({ variables }, random) => {
    const third = supervise('infer', variables);
    try {
      await third.listening();
      await sleep(1000 + random.below(3000));
      await third.stop();
    } finally {
      third.kill();
    }
  },
  'a worker ends in order and comes back': async ({ workers }, random) =>
    oneOf(workers, random).signal('SIGTERM'),
  'a worker that consumes slowly': async ({ workers }, random) => {
    const slow = oneOf(workers, random);
    for (let i = 0; i < 20; i++) {
      slow.signal('SIGSTOP');
      await sleep(150);
      slow.signal('SIGCONT');
      await sleep(50);
    }
  },
};

/** Every kind of fault at least once where there is room for that, in a random order. */
export function drawFaults(count: number, random: Random): string[] {
  const kinds = Object.keys(FAULTS);
  const pool = [...kinds];
  const drawn: string[] = [];
  while (drawn.length < count) {
    if (pool.length === 0) pool.push(...kinds);
    drawn.push(...pool.splice(random.below(pool.length), 1));
  }
  return drawn;
}

/** Lets the fault happen; resolves when it is over, though not what it did. */
export function strike(fault: string, targets: Targets, random: Random): Promise<void> {
  const happen = FAULTS[fault];
  if (!happen) throw new Error(`there is no fault ${fault}`);
  return happen(targets, random);
}
