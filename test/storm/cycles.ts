import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Command } from '../../src/domain/messages/command.js';
import type { Random } from '../../src/model/ssre/random.js';
import type { Diary } from '../support/diary.js';
import type { Deployment } from './deployment.js';
import { type GoodTraffic, PER_CLASS } from './goodTraffic.js';
import type { Lull } from './lull.js';
import type { Writer } from './writer.js';

/** Learned at first; the last two are unlearned and relearned over and over. */
export const CLASSES = ['c0', 'c1', 'c2', 'c3', 'c4'];
const CYCLED = ['c3', 'c4'];
/** Learned during the storm, one task each. */
const LATER = ['c5', 'c6', 'c7'];
/** Learned when the storm is over. */
const LAST = 'c8';
/** Cycles between two tasks. */
const LEARN_EVERY = 4;
const POLL_MS = 50;
const PAUSE_MS = 1500;
/** A training, and the loading of its model by all workers, on a machine that is busy with other tests. */
const TRAINING_MS = 240_000;

/** What carries commands out, and how long that may take. */
export interface Commanding {
  readonly deployment: Deployment;
  readonly good: GoodTraffic;
  readonly writer: Writer;
  readonly diary: Diary;
  readonly stallMs: number;
  /** Whether something is changed just now, that commands may have to wait for. */
  readonly isChanging: () => boolean;
}

const statusSchema = z.looseObject({ model: z.looseObject({ classes: z.array(z.string()) }).nullable() });

/** Teaches the classes of a task and waits until all answering workers know them. */
export async function learn(
  commanding: Commanding,
  task: string,
  classes: readonly string[],
): Promise<boolean> {
  const { good, writer } = commanding;
  const command: Command = {
    ...{ id: `good-learn-${task}`, kind: 'learn', task },
    ...{ classes: [...classes], samples: classes.length * PER_CLASS },
  };
  await writer.good([good.command(command)]);
  await writer.good(good.samples(task, classes));
  if (!(await ended(commanding, command))) return false;
  const isKnown = async (): Promise<boolean> => {
    const urls = await commanding.deployment.urls();
    return (await Promise.all(urls.map(classesAt))).every((all) =>
      classes.every((name) => all.includes(name)),
    );
  };
  const known = await within(TRAINING_MS, isKnown, commanding.isChanging);
  if (known) for (const name of classes) good.mark(name, 'learned');
  else good.faults.push(`a worker does not know ${classes} long after the task was finished`);
  return known;
}

/** Unlearns, relearns and learns, for as long as it goes on; ends with everything relearned. Each round is one piece for the lull. */
export async function cycle(
  commanding: Commanding,
  { random, lull, goesOn }: { readonly random: Random; readonly lull: Lull; goesOn(): boolean },
): Promise<{ readonly commands: number }> {
  const { good, writer } = commanding;
  const later = [...LATER];
  let commands = 0;
  const turn = async (round: number): Promise<boolean> => {
    const name = CYCLED[random.below(CYCLED.length)] ?? '';
    for (const [kind, state] of [
      ['unlearn', 'unlearned'],
      ['relearn', 'learned'],
    ] as const) {
      const command: Command = { id: `good-${kind}-${round}`, kind, classes: [name] };
      good.mark(name, 'changing');
      await writer.good([good.command(command)]);
      commands++;
      if (!(await ended(commanding, command))) return false;
      good.mark(name, state);
      await sleep(random.below(PAUSE_MS));
    }
    const next = round % LEARN_EVERY === 0 ? later.shift() : undefined;
    if (next === undefined) return true;
    commands++;
    return learn(commanding, `task-of-${next}`, [next]);
  };
  for (let round = 1; goesOn() && (await lull.write(() => turn(round))); ) round++;
  return { commands };
}

/** Learns one more class, asks for it, unlearns it and asks again: what Lethe is for works still. */
export async function finale(commanding: Commanding, ask: () => Promise<void>): Promise<void> {
  const { good, writer } = commanding;
  if (!(await learn(commanding, 'task-at-last', [LAST]))) return;
  await ask();
  const command: Command = { id: 'good-unlearn-at-last', kind: 'unlearn', classes: [LAST] };
  good.mark(LAST, 'changing');
  await writer.good([good.command(command)]);
  if (!(await ended(commanding, command))) return;
  good.mark(LAST, 'unlearned');
  await ask();
}

/** Whether the command was carried out; where it was not, that is a fault. */
export async function ended(
  { good, diary, stallMs, isChanging }: Commanding,
  command: Command,
): Promise<boolean> {
  const began = Date.now();
  await within(stallMs, async () => good.endOf(command) !== undefined, isChanging);
  const event = good.endOf(command);
  if (event === undefined) {
    good.faults.push(`nothing came of the command ${command.id} in ${stallMs} ms`);
    return false;
  }
  diary.tell(`${command.id}: ${event.kind} after ${Date.now() - began} ms`);
  if (!['task-failed', 'command-rejected', 'command-ignored'].includes(event.kind)) return true;
  good.faults.push(`the command ${command.id} came to nothing: ${JSON.stringify(event)}`);
  return false;
}

/**
 * @param isHeldUp while it is so, the time does not count
 * @returns whether it came true in time
 */
export async function within(
  limitMs: number,
  isSo: () => Promise<boolean>,
  isHeldUp: () => boolean = () => false,
): Promise<boolean> {
  for (let until = Date.now() + limitMs; Date.now() < until; ) {
    if (await isSo()) return true;
    const before = Date.now();
    await sleep(POLL_MS);
    if (isHeldUp()) until += Date.now() - before;
  }
  return false;
}

/** What the worker's model knows; nothing where it does not answer now. */
async function classesAt(url: string): Promise<string[]> {
  try {
    const response = await fetch(new URL('/v1/status', url), { signal: AbortSignal.timeout(5000) });
    return statusSchema.parse(await response.json()).model?.classes ?? [];
  } catch {
    return [];
  }
}
