/**
 * A long life: 200 commands that learn, unlearn, relearn and erase real classes of CIFAR-10, which come back under new names.
 * At the end the model is compared with one trained at once on what it should know. `npm run bench:drift`, or with one
 * learner only: `npm run bench:drift -- analytic`
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { embeddedCifar10 } from '../packages/experiments/src/embeddedCifar10.js';
import type { RunningLethe } from '../src/app/compose.js';
import { cacheFolder } from '../src/data/cacheFolder.js';
import { classesIn, SUPPRESSED } from '../src/domain/classes.js';
import { encodeQuery } from '../src/domain/cloudEvents.js';
import { rowOf } from '../src/domain/vector.js';
import { randomOf } from '../src/model/ssre/random.js';
import { answersTo, carryOut, type Labelled, learnTask, startForBench } from './support/lethe.js';
import { type Figure, report } from './support/report.js';

const COMMANDS = 200;
const PER_CLASS = 500;
const TEST_PER_CLASS = 500;
const MIB = 2 ** 20;
const { train, test, classNames, dimension } = await embeddedCifar10(cacheFolder(), () => undefined);
const learners = process.argv[2] ? [process.argv[2]] : ['analytic', 'ssre'];
const figures: Figure[] = [];
for (const learner of learners) figures.push(...(await live(learner === 'ssre' ? 'ssre' : 'analytic')));
report('drift', figures);
process.exit(0);

/** A real class under the name that it has at the moment. */
interface Alias {
  readonly name: string;
  readonly real: string;
}

async function live(learner: 'ssre' | 'analytic'): Promise<Figure[]> {
  const lethe = await startForBench({
    http: { enabled: false },
    learning: { taskTimeoutSeconds: 600, learner },
  });
  const random = randomOf(1993, learner === 'ssre' ? 1 : 2);
  const counts: Record<string, number> = {};
  let names = 0;
  let early = 0;
  const stateOf = (...states: Parameters<typeof classesIn>[1][]): Alias[] =>
    classesIn(lethe.store.registry.snapshot(), ...states).map(({ name }) => ({
      name,
      real: name.split(' ')[0] as string,
    }));
  const pick = (all: readonly Alias[]): Alias => all[random.below(all.length)] as Alias;
  for (let command = 0; command < COMMANDS; command++) {
    const known = stateOf('learned');
    const hidden = stateOf(...SUPPRESSED);
    const free = classNames.filter((real) => ![...known, ...hidden].some((alias) => alias.real === real));
    const kind = next(command, known.length, hidden.length, free.length, random.below(100));
    counts[kind] = (counts[kind] ?? 0) + 1;
    if (kind === 'learn') {
      const real = free[random.below(free.length)] as string;
      const alias = { real, name: `${real} ${names++}` };
      await learnTask(lethe, `task-${command}`, vectorsOf(train, alias, PER_CLASS));
    } else if (kind === 'unlearn') await carry(lethe, command, 'unlearn', pick(known).name, 'unlearned');
    else if (kind === 'relearn') await relearn(lethe, command, pick(hidden).name);
    else await carry(lethe, command, 'erase', pick(hidden).name, 'erased');
    if (command === 49) early = process.memoryUsage().rss;
  }
  const late = process.memoryUsage().rss;
  const known = stateOf('learned');
  const expected = PER_CLASS * (known.length + stateOf(...SUPPRESSED).length);
  const stored = await lethe.store.vectors.count();
  const accuracy = await accuracyOf(lethe, known);
  await lethe.close();
  const fresh = await startForBench({
    http: { enabled: false },
    learning: { taskTimeoutSeconds: 600, learner },
  });
  await learnTask(
    fresh,
    'at-once',
    known.flatMap((alias) => vectorsOf(train, alias, PER_CLASS)),
  );
  const retrained = await accuracyOf(fresh, known);
  await fresh.close();
  const told = Object.entries(counts).map(([kind, count]) => `${count} ${kind}`);
  return [
    {
      what: `${learner}: accuracy after ${COMMANDS} commands (${told.join(', ')})`,
      value: accuracy,
      unit: '%',
    },
    { what: `${learner}: the same, trained at once on what is known`, value: retrained, unit: '%' },
    { what: `${learner}: difference`, value: accuracy - retrained, unit: 'points', aim: '>= -1' },
    {
      what: `${learner}: vectors in the databases / expected`,
      value: stored / expected,
      unit: 'ratio',
      aim: '= 1',
    },
    { what: `${learner}: resident memory after 50 commands`, value: early / MIB, unit: 'MiB' },
    {
      what: `${learner}: resident memory after ${COMMANDS} commands`,
      value: late / MIB,
      unit: 'MiB',
      aim: 'flat',
    },
  ];
}

/** What can be done, by chance where there is a choice; at least three classes stay known. */
function next(command: number, known: number, hidden: number, free: number, dice: number): string {
  if (command < 4 || known < 3) return free > 0 ? 'learn' : 'relearn';
  if (hidden > 0 && dice < 25) return 'relearn';
  if (hidden > 0 && dice < 45) return 'erase';
  if (free > 0 && dice < 70) return 'learn';
  return 'unlearn';
}

async function carry(
  lethe: RunningLethe,
  command: number,
  kind: 'unlearn' | 'erase',
  name: string,
  end: 'unlearned' | 'erased',
): Promise<void> {
  await carryOut(lethe, { id: `c${command}`, kind, classes: [name] }, end);
}

/** A class that no model knows any more is trained from its vectors first. */
async function relearn(lethe: RunningLethe, command: number, name: string): Promise<void> {
  await carryOut(lethe, { id: `c${command}`, kind: 'relearn', classes: [name] }, 'relearned');
  while (lethe.store.registry.snapshot().classes.get(name)?.state === 'learning') await sleep(20);
}

function vectorsOf({ vectors, labels }: typeof train, { name, real }: Alias, most: number): Labelled[] {
  const rows = [...labels.keys()].filter((row) => classNames[labels[row] as number] === real).slice(0, most);
  return rows.map((row) => ({
    label: name,
    payload: { kind: 'vector', vector: rowOf(vectors, row, dimension) },
  }));
}

async function accuracyOf(lethe: RunningLethe, known: readonly Alias[]): Promise<number> {
  const inputs = known.flatMap((alias) => vectorsOf(test, alias, TEST_PER_CLASS));
  const answers = await answersTo(
    lethe,
    inputs.map(({ label, payload }, index) =>
      encodeQuery({ id: `q${index}`, truth: label, payload }, lethe.topics),
    ),
  );
  return (100 * answers.filter(({ label, truth }) => label === truth).length) / answers.length;
}
