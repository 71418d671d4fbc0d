import { setTimeout as sleep } from 'node:timers/promises';
import { encodeCommand, encodeQuery, encodeSample } from '../../src/domain/cloudEvents.js';
import type { OutgoingRecord } from '../../src/domain/record.js';
import type { Random } from '../../src/model/ssre/random.js';
import type { Journal } from '../support/journal.js';
import type { Model } from '../support/workersModel.js';
import type { Form } from './form.js';
import { CLASSES, needs, type Step, vectorOf } from './script.js';

const SHARE_SENT_TWICE = 0.1;
const POISON_EVERY = 40;
const SENT_TOGETHER = 100;
const TRICKLE_A_SECOND = 10;

/** When things were sent and seen, in milliseconds since the epoch. */
export interface Times {
  /** Right before a query was written for the first time. */
  readonly queried: Map<string, number>;
  /** By class: when it was read that it is unlearned, and when its relearning was asked for. */
  readonly changes: {
    readonly name: string;
    readonly kind: 'unlearned' | 'relearning';
    readonly at: number;
  }[];
}

/** Something that no one can read, in the place of an event. */
function poison(topic: string, index: number): OutgoingRecord {
  const value = Buffer.from(index % 2 === 0 ? `{"broken": ${index}` : `nothing of sense ${index}`);
  const headers = index % 3 === 0 ? {} : { 'content-type': 'application/x-unheard-of' };
  return { topic, key: `poison-${index}`, value, headers };
}

/** Some of the records a second time, and all of them in another order. */
function mixed(records: readonly OutgoingRecord[], random: Random): OutgoingRecord[] {
  const all = [...records, ...records.filter(() => random.below(1000) < 1000 * SHARE_SENT_TWICE)];
  for (let last = all.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    [all[last], all[other]] = [all[other] as OutgoingRecord, all[last] as OutgoingRecord];
  }
  return all;
}

/** Teaches, unlearns and relearns as the script says; samples come twice, disordered and with poison among them. */
export async function carryOut(
  model: Model,
  journal: Journal,
  steps: readonly Step[],
  options: {
    readonly random: Random;
    readonly samplesPerClass: number;
    readonly gapMs: number;
    readonly times?: Times;
    /** Told right after a command was sent. */
    readonly sent?: (step: Step) => void;
  },
): Promise<void> {
  const { random, samplesPerClass, gapMs, times, sent } = options;
  const { topics, name, log } = model;
  const over = new Map<Step, Promise<void>>();
  for (const [index, step] of steps.entries()) {
    await Promise.all(needs(steps, index).map((each) => over.get(each)));
    const { command, classes } = step;
    if (command.kind === 'relearn')
      for (const each of classes) times?.changes.push({ name: each, kind: 'relearning', at: Date.now() });
    const record = encodeCommand(command, name, topics);
    await log.publish(random.below(2) === 0 ? [record, record] : [record]);
    sent?.(step);
    over.set(
      step,
      journal.ended(command).then((at) => {
        if (command.kind === 'unlearn')
          for (const each of classes) times?.changes.push({ name: each, kind: 'unlearned', at });
      }),
    );
    if (command.kind === 'learn') {
      const samples = classes.flatMap((label) =>
        Array.from({ length: samplesPerClass }, (_, i) => {
          const payload = { kind: 'vector' as const, vector: vectorOf(label, i) };
          return encodeSample({ id: `${label}-${i}`, label, task: command.task, payload }, topics);
        }),
      );
      await log.publish([poison(topics.samples, index), ...mixed(samples, random)]);
      await log.publish([poison(topics.commands, index)]);
    }
    await sleep(random.below(gapMs + 1));
  }
  await Promise.all(over.values());
}

/** Sends queries at the form's pace for as long as the rest goes on, a trickle then, and what is left all at once. */
export async function ask(
  { log, topics }: Model,
  { queries, pace }: Form,
  options: {
    readonly random: Random;
    readonly times: Times;
    readonly goesOn: () => boolean;
    /** How many queries were sent before. */
    readonly before?: number;
  },
): Promise<void> {
  const { random, times, goesOn, before = 0 } = options;
  let sent = 0;
  let poisoned = 0;
  const send = async (count: number): Promise<void> => {
    const records = Array.from({ length: count }, () => {
      const id = `q${before + sent++}`;
      const truth = CLASSES[random.below(CLASSES.length)] as string;
      const payload = { kind: 'vector' as const, vector: vectorOf(truth, 1000 + random.below(1000)) };
      times.queried.set(id, Date.now());
      return encodeQuery({ id, truth, payload }, topics);
    });
    const twice = random.below(20) === 0 ? records.slice(0, 1) : [];
    const bad = Math.floor(sent / POISON_EVERY) > poisoned ? [poison(topics.queries, ++poisoned)] : [];
    await log.publish([...records, ...twice, ...bad]);
  };
  while (goesOn()) {
    const started = Date.now();
    const rate = sent < queries ? pace : TRICKLE_A_SECOND;
    await send(Math.ceil(rate / 10));
    await sleep(Math.max(0, 100 - (Date.now() - started)));
  }
  while (sent < queries) await send(Math.min(SENT_TOGETHER, queries - sent));
}
