import { createClient } from 'redis';
import { percentile } from '../../packages/experiments/src/metrics/percentile.js';
import type { Figure } from '../support/report.js';
import { type Deployment, deploy, nextEvent, sendCommand } from './deployment.js';
import { fill, type Knowledge } from './knowledge.js';
import type { Part } from './parts.js';

const VECTORS = 2000;
const ROUNDS = 40;

/** A deployment whose changes are waited for on the disk, and one whose are not. */
interface Side {
  readonly deployment: Deployment;
  readonly knowledge: Knowledge;
  readonly taken: number[];
  stop(): Promise<void>;
}

/** What it costs that an unlearning is told of only when Redis has it on its disk (WAITAOF): command to event, in turn. */
export const durable: Part = async (services) => {
  const sides = [await sideOf(services, true), await sideOf(services, false)] as const;
  const figures: Figure[] = [];
  const admin = await createClient({ url: services.redis.url }).connect();
  for (const policy of ['always', 'everysec']) {
    await admin.sendCommand(['CONFIG', 'SET', 'appendfsync', policy]);
    for (let round = 0; round < ROUNDS; round++)
      for (const side of sides) await forgetOnce(side, `${policy}-${round}`);
    const [waited, told] = sides.map(({ taken }) => percentile(taken.splice(0), 0.5)) as [number, number];
    const name = `unlearn, command to event, appendfsync ${policy}: p50`;
    figures.push(
      { what: `${name}, on disk before the event`, value: waited, unit: 'ms' },
      { what: `${name}, without waiting for the disk`, value: told, unit: 'ms' },
      { what: `${name}, ratio`, value: waited / told, unit: '', ...(policy === 'always' && { aim: '<= 3' }) },
    );
  }
  await admin.sendCommand(['CONFIG', 'SET', 'appendfsync', 'always']);
  await admin.close();
  for (const side of sides) await side.stop();
  return figures;
};

async function sideOf(services: Parameters<Part>[0], disk: boolean): Promise<Side> {
  const deployment = await deploy(services, {
    LETHE_TRANSPORT__KAFKA__LINGER_MS: '0',
    LETHE_STORES__REDIS__DURABLE__DISK: String(disk),
    LETHE_FILTER__CALIBRATE: 'false',
  });
  const learner = await deployment.start('learn');
  const knowledge = await fill(deployment, VECTORS);
  const stop = async (): Promise<void> => {
    await learner.stop();
    await deployment.close();
  };
  return { deployment, knowledge, taken: [], stop };
}

/** Unlearns a class, timed, and relearns it. */
async function forgetOnce({ deployment, knowledge, taken }: Side, id: string): Promise<void> {
  const classes = [knowledge.source.classNames[0] as string];
  const unlearned = nextEvent(deployment, 'unlearned');
  const started = performance.now();
  await sendCommand(deployment, { id: `u-${id}`, kind: 'unlearn', classes });
  await unlearned;
  taken.push(performance.now() - started);
  const relearned = nextEvent(deployment, 'relearned');
  await sendCommand(deployment, { id: `r-${id}`, kind: 'relearn', classes });
  await relearned;
}
