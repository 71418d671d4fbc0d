/**
 * Erasing one class of ten of CIFAR-10 (vectors of the bundled embedder, from the cache), with both learners: how long it
 * takes, and what live queries notice, so many a second; each is compared with all vectors, some 20 ms of one
 * core. `npm run bench:erase [-- <queries a second, 10>]`
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { embeddedCifar10 } from '../packages/experiments/src/embeddedCifar10.js';
import { percentile } from '../packages/experiments/src/metrics/percentile.js';
import { cacheFolder } from '../src/data/cacheFolder.js';
import { encodeQuery } from '../src/domain/cloudEvents.js';
import type { Prediction } from '../src/domain/messages/prediction.js';
import { labelled } from './support/labelled.js';
import { answersTo, carryOut, learnTask, nextEvent, startForBench } from './support/lethe.js';
import { type Figure, report } from './support/report.js';

const ERASED = 'cat';
const PACED_A_SECOND = Number(process.argv[2] ?? 10);
const IDLE_QUERIES = 300;

const cifar10 = await embeddedCifar10(cacheFolder(), () => undefined);
const inputs = labelled(cifar10.test, cifar10);
const figures: Figure[] = [];
for (const learner of ['ssre', 'analytic'] as const) figures.push(...(await erasing(learner)));
report(`erase-${PACED_A_SECOND}`, figures);
process.exit(0);

async function erasing(learner: 'ssre' | 'analytic'): Promise<Figure[]> {
  const lethe = await startForBench({
    http: { enabled: false },
    learning: { taskTimeoutSeconds: 600, learner },
  });
  const { log, topics, signals } = lethe;
  await learnTask(lethe, 'cifar10', labelled(cifar10.train, cifar10));
  const latencies: number[] = [];
  const listening = signals.subscribe((signal) => {
    if (signal.kind === 'prediction') latencies.push(signal.prediction.latencyMs ?? 0);
  });
  let asked = 0;
  const askOne = async (): Promise<void> => {
    const { payload } = inputs[asked % inputs.length] as (typeof inputs)[number];
    await log.publish([encodeQuery({ id: `p${asked++}`, payload }, topics)]);
    await sleep(1000 / PACED_A_SECOND);
  };
  /** p99 of the queries asked meanwhile, in milliseconds. */
  const askedWhile = async (work: Promise<unknown>): Promise<number> => {
    latencies.length = 0;
    let over = false;
    const ended = work.finally(() => {
      over = true;
    });
    while (!over) await askOne();
    await ended;
    return percentile(latencies, 0.99);
  };
  // Unlearned first, as its owner would: from then on the filter screens every query, before and during the erasure alike.
  // SSRE rebuilds when the class is to be erased, the analytic learner subtracts as soon as it is unlearned.
  const renewed = nextEvent(lethe, learner === 'ssre' ? 'model-rebuilt' : 'model-revised');
  const unlearned = Promise.all([
    nextEvent(lethe, 'filter-calibrated'),
    learner === 'analytic' && renewed,
    carryOut(lethe, { id: 'u1', kind: 'unlearn', classes: [ERASED] }, 'unlearned'),
  ]);
  const unlearning = await askedWhile(unlearned);
  const before = await accuracy('before');
  const idle = await askedWhile(sleep((1000 * IDLE_QUERIES) / PACED_A_SECOND));
  const started = performance.now();
  const during = await askedWhile(carryOut(lethe, { id: 'e1', kind: 'erase', classes: [ERASED] }, 'erased'));
  const took = performance.now() - started;
  const after = await accuracy('after');
  listening.unsubscribe();
  const { ms } = await renewed;
  await lethe.close();
  return [
    {
      what: `${learner}: model made without one class of ten`,
      value: ms / 1000,
      unit: 's',
      aim: learner === 'ssre' ? '<= 60' : '<= 2',
    },
    { what: `${learner}: command to event erased`, value: took / 1000, unit: 's' },
    { what: `${learner}: p99 of live vector queries, idle`, value: idle, unit: 'ms' },
    {
      what: `${learner}: p99 while it is unlearned and calibrated / idle`,
      value: unlearning / idle,
      unit: 'ratio',
    },
    { what: `${learner}: p99 while it is erased / idle`, value: during / idle, unit: 'ratio', aim: '<= 2' },
    { what: `${learner}: accuracy on test images of the other classes, before`, value: before, unit: '%' },
    { what: `${learner}: the same after`, value: after, unit: '%' },
  ];

  async function accuracy(name: string): Promise<number> {
    const remaining = inputs.filter(({ label }) => label !== ERASED);
    const queries = remaining.map(({ label, payload }, index) =>
      encodeQuery({ id: `${name}-${index}`, truth: label, payload }, topics),
    );
    const answers = await answersTo(lethe, queries);
    const isRight = ({ label, truth }: Prediction): boolean => label === truth;
    return (100 * answers.filter(isRight).length) / answers.length;
  }
}
