import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { groupsOf } from '../../src/domain/groups.js';
import { randomOf } from '../../src/model/ssre/random.js';
import type { Diary } from '../support/diary.js';
import { type Journal, openJournal } from '../support/journal.js';
import type { Supervised } from '../support/supervised.js';
import type { Model } from '../support/workersModel.js';
import { drawFaults, strike, type Targets } from './faults.js';
import { form, seed } from './form.js';
import type { Step } from './script.js';
import { ask, carryOut, type Times } from './workload.js';

const MID_MOVE_MS = 60;
const LAST_LINES = 15;

/**
 * Commands, queries and faults side by side, until all commands are carried out, all faults are over and everything that
 * was sent is dealt with; then the workers end in order.
 * @returns when things were sent and seen, and how many faults there were
 */
export async function storm(
  model: Model,
  steps: readonly Step[],
  targets: Targets,
  diary: Diary,
): Promise<{ readonly times: Times; readonly faults: number }> {
  const journal = openJournal(model);
  const times: Times = { queried: new Map(), changes: [] };
  const aimed: Promise<void>[] = [];
  const luck = randomOf(seed, 1);
  let storming = true;

  const struck = async (): Promise<void> => {
    for (const fault of drawFaults(form.faults, luck)) {
      await sleep(luck.below(form.gapMs));
      diary.tell(fault);
      await strike(fault, targets, luck);
    }
  };
  const commanded = async (): Promise<void> => {
    await carryOut(model, journal, steps, {
      random: randomOf(seed, 2),
      samplesPerClass: form.samplesPerClass,
      gapMs: form.gapMs,
      times,
      sent: (step) => {
        diary.tell(step.command.id);
        if (step.struck) aimed.push(strikeIn(step, journal, targets.learner, luck.below(MID_MOVE_MS), diary));
      },
    });
    await Promise.all(aimed);
  };
  const asked = async (): Promise<void> => {
    // Before there is a model, queries are refused.
    await journal.ended((steps[0] as Step).command);
    await ask(model, form, { random: randomOf(seed, 3), times, goesOn: () => storming });
  };
  const workers = [targets.learner, ...targets.workers];
  try {
    const over = Promise.all([struck(), commanded()]).finally(() => {
      storming = false;
    });
    await inTime(Promise.all([over, asked()]), form.limitMs * 0.7);
    diary.tell('everything is sent');
    await dealtWith(model);
    diary.tell('everything is dealt with');
    await Promise.all(workers.map((worker) => worker.stop()));
    diary.tell('all workers have ended');
  } catch (error) {
    console.log([String(diary), ...workers.flatMap(lastWords)].join('\n'));
    throw error;
  } finally {
    journal.close();
  }
  return { times, faults: form.faults + aimed.length };
}

/** Kills the learner in the course of the command. */
async function strikeIn(
  { command, struck }: Step,
  journal: Journal,
  learner: Supervised,
  delayMs: number,
  diary: Diary,
): Promise<void> {
  if (struck === 'in mid-epoch' && command.kind === 'learn') await journal.nextEpoch(command.task);
  else await sleep(delayMs);
  learner.signal('SIGKILL');
  diary.tell(`kill -9 of the learner ${struck} of ${command.id}`);
}

/** Waits until all that was sent is settled. */
export async function dealtWith({ log, topics }: Model): Promise<void> {
  const waits = [
    [groupsOf(topics).inference, topics.queries, form.limitMs],
    [groupsOf(topics).learning, topics.samples, 60_000],
    [groupsOf(topics).commands, topics.commands, 60_000],
  ] as const;
  for (const [group, topic, timeout] of waits)
    await expect.poll(() => log.lag(group, [topic]), { timeout, interval: 500, message: topic }).toBe(0);
}

/** So that what hangs is told of, before the test runner gives up without a word. */
export async function inTime<T>(work: Promise<T>, limitMs: number): Promise<T> {
  const late = Symbol('late');
  const result = await Promise.race([work, sleep(limitMs, late, { ref: false })]);
  if (result === late) throw new Error(`commands, faults and queries were not over within ${limitMs} ms`);
  return result as T;
}

/** What the worker logged last. */
export function lastWords({ role, lines }: Supervised): string[] {
  return [`last words of ${role}:`, ...lines.slice(-LAST_LINES).map((line) => JSON.stringify(line))];
}
