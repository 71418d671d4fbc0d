import { setTimeout as sleep } from 'node:timers/promises';
import type { Subscription } from 'rxjs';
import { decodeEvent, decodePrediction, encodeQuery } from '../../src/domain/cloudEvents.js';
import type { Prediction } from '../../src/domain/messages/prediction.js';
import type { Figure } from '../support/report.js';
import { carryOut, type Deployment, deploy, follow, nextEvent, sendCommand } from './deployment.js';
import { fill, type Knowledge } from './knowledge.js';
import type { Part } from './parts.js';

const VECTORS = 50_000;
const ROUNDS = 5;
/** Queries of the class that is forgotten, meanwhile. */
const EVERY_MS = 40;
/** Answers to queries that were produced after the event was read, which are looked at. */
const LATE = 10;

/** One unlearning, in milliseconds from the command on. */
interface Round {
  readonly event: number;
  /** The first answer that was made with the class unlearned. */
  readonly firstGuarded: number;
  /** Answers to queries produced after the event was read that name the class all the same. */
  readonly violations: number;
}

/** A class of 5,000 vectors out of 50,000, while queries of that class are answered by another worker. */
export const unlearning: Part = async (services) => {
  const deployment = await deploy(services, {
    LETHE_TRANSPORT__KAFKA__LINGER_MS: '0',
    // Calibration goes on for long in an exact index of this size; the rounds shall not wait for it.
    LETHE_FILTER__CALIBRATION_SAMPLES: '50',
  });
  const learner = await deployment.start('learn');
  const knowledge = await fill(deployment, VECTORS);
  const worker = await deployment.start('infer');
  await worker.hasModel();
  const rounds: Round[] = [];
  for (let index = 0; index < ROUNDS; index++) rounds.push(await unlearnOnce(deployment, knowledge, index));
  await Promise.all([worker.stop(), learner.stop()]);
  await deployment.close();

  const of = (what: (round: Round) => number): number[] => rounds.map(what);
  const ofWhat = `unlearn ${VECTORS / 10} of ${VECTORS}`;
  const best = (name: string, values: readonly number[], aim?: string): Figure[] => [
    { what: `${ofWhat}, ${name}: best`, value: Math.min(...values), unit: 'ms', ...(aim && { aim }) },
    { what: `${ofWhat}, ${name}: worst`, value: Math.max(...values), unit: 'ms', ...(aim && { aim }) },
  ];
  const violations = of((round) => round.violations).reduce((sum, each) => sum + each, 0);
  return [
    ...best(
      'command produced to event read',
      of((round) => round.event),
      '<= 1500',
    ),
    ...best(
      'to the first guarded answer read',
      of((round) => round.firstGuarded),
      '<= the event',
    ),
    ...best(
      'first guarded answer minus event (negative: before it)',
      of(({ event, firstGuarded }) => firstGuarded - event),
    ),
    {
      what: `${ofWhat}: answers to later queries that name the class`,
      value: violations,
      unit: '',
      aim: '= 0',
    },
  ];
};

async function unlearnOnce(deployment: Deployment, knowledge: Knowledge, index: number): Promise<Round> {
  const { log, topics } = deployment;
  const name = knowledge.source.classNames[index] as string;
  const answers: { readonly prediction: Prediction; readonly at: number }[] = [];
  const following: Subscription = follow(deployment, topics.predictions, 'latest').subscribe((record) =>
    answers.push({ prediction: decodePrediction(record), at: performance.now() }),
  );
  let asked = 0;
  const ask = (when: string): Promise<void> => {
    const payload = { kind: 'vector', vector: knowledge.source.next(index) } as const;
    return log.publish([encodeQuery({ id: `${when}-${index}-${asked++}`, payload }, topics)]);
  };
  const until = async (holds: () => boolean, when: string): Promise<void> => {
    while (!holds()) {
      void ask(when);
      await sleep(EVERY_MS);
    }
  };
  await until(() => answers.length > 0, 'before');

  const told = nextEvent(deployment, 'unlearned').then((record) => ({
    event: decodeEvent(record),
    at: performance.now(),
  }));
  const calibrated = nextEvent(deployment, 'filter-calibrated');
  const started = performance.now();
  await sendCommand(deployment, { id: `u${index}`, kind: 'unlearn', classes: [name] });
  let seen: Awaited<typeof told> | undefined;
  void told.then((event) => {
    seen = event;
  });
  await until(() => seen !== undefined, 'meanwhile');
  const { event, at } = await told;
  if (event.kind !== 'unlearned') throw new Error(`an event ${event.kind} of another type`);
  const late = () => answers.filter(({ prediction }) => prediction.queryId.startsWith(`after-${index}-`));
  await until(() => late().length >= LATE, 'after');
  const guarded = answers.find(({ prediction }) => prediction.registryVersion >= event.registryVersion);
  const violations = late().filter(({ prediction }) => prediction.label === name).length;
  following.unsubscribe();
  await calibrated;
  await carryOut(deployment, { id: `r${index}`, kind: 'relearn', classes: [name] }, 'relearned');
  return { event: at - started, firstGuarded: (guarded?.at ?? Number.NaN) - started, violations };
}
