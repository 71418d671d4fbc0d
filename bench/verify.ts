/**
 * What is left of one class of ten of CIFAR-10 (vectors of the bundled embedder, from the cache): after it is unlearned,
 * after it is relearned, and after it is erased, each beside models that were retrained without it.
 * `npm run bench:verify [-- ssre|analytic]`
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { embeddedCifar10 } from '../packages/experiments/src/embeddedCifar10.js';
import { learnerSettings } from '../src/app/config/learnerSettings.js';
import { cacheFolder } from '../src/data/cacheFolder.js';
import { encodeQuery } from '../src/domain/cloudEvents.js';
import type { Command } from '../src/domain/messages/command.js';
import type { EventKind } from '../src/domain/messages/event.js';
import { loadClassifier } from '../src/model/loadClassifier.js';
import { createTrainer } from '../src/model/training/trainer.js';
import { linesOf, verificationText } from '../src/verification/report.js';
import { type Verification, verifyClass } from '../src/verification/verifyClass.js';
import { labelled } from './support/labelled.js';
import { answersTo, carryOut, learnTask, nextEvent, startForBench } from './support/lethe.js';
import { type Figure, report } from './support/report.js';

const FORGOTTEN = 'cat';
const SEEDS = [7, 42, 1993];

const learner = process.argv[2] === 'analytic' ? 'analytic' : 'ssre';
const cifar10 = await embeddedCifar10(cacheFolder(), () => undefined);
const samples = labelled(cifar10.train, cifar10);
const inputs = labelled(cifar10.test, cifar10);
const members = samples.filter(({ label }) => label === FORGOTTEN).map(({ payload }) => payload.vector);

const lethe = await startForBench({
  http: { enabled: false },
  learning: { taskTimeoutSeconds: 3600, learner },
});
const { config, store, topics } = lethe;
const { backend } = config.model;
await learnTask(lethe, 'cifar10', samples);
const learned = await accuracies('learned');
await modelFollows('model-revised', { id: 'u1', kind: 'unlearn', classes: [FORGOTTEN] }, 'unlearned');
const figures = figuresOf(await verified(learner === 'analytic' ? 'rebuilt' : 'unlearned'));
await modelFollows('task-finished', { id: 'r1', kind: 'relearn', classes: [FORGOTTEN] }, 'relearned');
const relearned = await accuracies('relearned');
figures.push(
  { what: `accuracy on ${FORGOTTEN}, learned`, value: learned.own, unit: '%' },
  { what: 'relearned less learned', value: relearned.own - learned.own, unit: 'points', aim: '± 0.1' },
  { what: 'the same on all classes', value: relearned.all - learned.all, unit: 'points', aim: '± 0.1' },
);
await carryOut(lethe, { id: 'e1', kind: 'erase', classes: [FORGOTTEN], now: true }, 'erased');
figures.push(...figuresOf(await verified('erased')));
await lethe.close();
report(`verify-${learner}`, figures);
process.exit(0);

/** Carries the command out, and waits for the analytic learner's model, which follows every command. */
async function modelFollows(change: EventKind, command: Command, ended: EventKind): Promise<void> {
  const changed = learner === 'analytic' ? nextEvent(lethe, change) : null;
  await carryOut(lethe, command, ended);
  await changed;
}

async function verified(state: string): Promise<Verification> {
  const test = inputs.map(({ label, payload }) => ({ label, vector: payload.vector }));
  const folder = mkdtempSync(join(tmpdir(), 'lethe-verify-'));
  const load = (model: Parameters<typeof loadClassifier>[0]) => loadClassifier(model, { backend });
  const verification = await verifyClass(
    {
      store,
      live: load,
      load,
      newTrainer: (seed) =>
        createTrainer({
          checkpoints: join(folder, String(seed)),
          backend,
          dimension: cifar10.dimension,
          ...learnerSettings(config.learning, seed),
        }),
    },
    { className: FORGOTTEN, test, members, seeds: SEEDS, onProgress: console.error },
  );
  console.log(`\n${verificationText(verification)}\n`);
  if (verification.state !== state) throw new Error(`the class is ${verification.state}, not ${state}`);
  return verification;
}

function figuresOf(verification: Verification): Figure[] {
  const { state } = verification;
  const gaps = linesOf(verification).map(({ what, gap }): Figure => {
    const isAimed = state === 'erased' && what.startsWith('membership');
    return {
      what: `${state}: ${what}, gap to retrained`,
      value: gap,
      unit: '',
      ...(isAimed && { aim: '± 0.02' }),
    };
  });
  const apart = verification.divergence - verification.divergenceAmong;
  return [
    ...gaps,
    { what: `${state}: JS divergence above that among retrained`, value: apart, unit: 'bits' },
  ];
}

/** Live answers to all test inputs: on the class, and on all. */
async function accuracies(name: string): Promise<{ own: number; all: number }> {
  const queries = inputs.map(({ label, payload }, index) =>
    encodeQuery({ id: `${name}-${index}`, truth: label, payload }, topics),
  );
  const answers = await answersTo(lethe, queries);
  const share = (of: typeof answers): number =>
    (100 * of.filter(({ label, truth }) => label === truth).length) / of.length;
  return { own: share(answers.filter(({ truth }) => truth === FORGOTTEN)), all: share(answers) };
}
