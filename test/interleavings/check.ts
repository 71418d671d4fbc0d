import assert from 'node:assert/strict';
import type { ClassRecord } from '../../src/domain/classes.js';
import type { LetheEvent } from '../../src/domain/messages/event.js';
import type { Model, ModelClass } from './model.js';
import type { Step } from './steps.js';
import { BROKEN, type Entry, type System, vectorOf } from './system.js';

/** The system under test, and how far its journal was read. */
export interface Checking {
  readonly system: System;
  commands: number;
  read: number;
}

/** What is due has to come within this time, in milliseconds of the virtual clock; longer than any pause between two looks. */
const DUE_MS = 60_000;
/** What another process does, as Redis, takes real time, however much passes here: on a busy machine some seconds. */
const OTHERS_MS = 20_000;
/** As long as it takes from one look to the next of what looks again and again. */
const PAUSE_MS = 500;
/** In so many steps time passes, though nothing is due. */
const SHARE_WITH_PAUSES = 0.1;

type Body = Extract<Step, { kind: 'command' }>['body'];

/** Takes a step in both, waits until nothing is under way, and compares all that there is. */
export async function check(
  step: Step,
  crashAfter: number | null,
  model: Model,
  real: Checking,
): Promise<void> {
  if (step.kind === 'samples' && step.ids.length > 1) {
    // One may close its task: then the next one comes too late, and that is another step.
    for (const id of step.ids)
      await check({ ...step, ids: [id] }, id === step.ids[0] ? crashAfter : null, model, real);
    return;
  }
  const { system } = real;
  if (crashAfter !== null) system.crashAfter(crashAfter);
  const expectation = await taken(step, model, real);
  await system.settle();
  const crashed = system.isDown;
  if (crashed) {
    system.restart();
    await system.settle();
  } else system.crashAfter(Number.POSITIVE_INFINITY);
  const entries = followed(model, real);
  if (crashed) await catchUp(model, system);
  if (system.chance(SHARE_WITH_PAUSES)) {
    await system.wait(PAUSE_MS);
    entries.push(...followed(model, real));
  }
  await untilAtRest(model, real, entries);
  expectation(entries);
  // The step may have been judged once more: then more may be due.
  await untilAtRest(model, real, entries);
  await compare(model, system);
}

/** An erasure looks at topics with pauses in between: what is due comes, but not at once. */
async function untilAtRest(model: Model, real: Checking, entries: Entry[]): Promise<void> {
  const { system } = real;
  const begun = performance.now();
  const isOverdue = (waited: number): boolean => waited >= DUE_MS && performance.now() - begun >= OTHERS_MS;
  for (let waited = 0; !(await isAtRest(model, system)) && !isOverdue(waited); waited += PAUSE_MS) {
    await system.wait(PAUSE_MS);
    entries.push(...followed(model, real));
  }
}

/** @returns what must have been told of the step */
async function taken(step: Step, model: Model, real: Checking): Promise<(entries: readonly Entry[]) => void> {
  const { system } = real;
  switch (step.kind) {
    case 'command': {
      const id = `k${real.commands++}`;
      const outcome = carriedOut(step.body, id, model);
      await system.command({ ...step.body, id } as Parameters<System['command']>[0]);
      return (entries) => {
        const end = told(id, step.body, entries);
        // The erasure that it met may have been given up before the command was judged.
        const isFree = outcome === 'class-erasing' && end !== outcome && entries.some(isErasureGivenUp);
        assert.equal(end, isFree ? carriedOut(step.body, id, model) : outcome);
      };
    }
    case 'samples':
      for (const id of step.ids) {
        const name = id.slice(0, 1);
        const task = step.task ?? model.classes.get(name)?.task ?? 't1';
        model.sample(id, name, task);
        await system.sample(id, name, task);
      }
      return () => undefined;
    case 'release':
      system.held?.go();
      return () => undefined;
    case 'fail':
      system.held?.fail();
      return () => undefined;
    case 'restart':
      system.crash();
      return () => undefined;
    case 'query':
      return answered(step.name, model, real);
  }
}

function isErasureGivenUp(entry: Entry): boolean {
  return entry.kind === 'event' && entry.event.kind === 'erase-failed';
}

/** Ends of commands that change something; others are refusals. */
const DONE = /^(task-announced|relearned|unlearned|erase-accepted|samples-unlearned .)/;

/** Whether a step is more than a refusal. */
export function isOfUse(step: Step, model: Pick<Model, 'copy'>): boolean {
  return step.kind !== 'command' || DONE.test(carriedOut(step.body, 'k', model.copy()));
}

function carriedOut(body: Body, id: string, model: Model): string {
  switch (body.kind) {
    case 'learn':
      return model.learn(body.task, body.classes, body.samples) ?? 'task-announced';
    case 'relearn':
      return model.relearn(body.classes[0] ?? '', id) ?? 'relearned';
    case 'erase':
      return model.erase(body.classes[0] ?? '', id, body.now ?? false) ?? 'erase-accepted';
    case 'unlearn': {
      if (body.classes) return model.unlearn(body.classes[0] ?? '') ?? 'unlearned';
      const all = [...model.vectors.keys()];
      const ids = body.samples ?? all.filter((each) => `person ${each.at(-1)}` === body.subject);
      const counts = [...model.withdraw(ids)].map(([name, removed]) => ({
        name,
        removed,
        remaining: model.stored(name).length,
      }));
      return samplesUnlearned(counts);
    }
  }
}

function samplesUnlearned(classes: readonly { name: string; removed: number; remaining: number }[]): string {
  const sorted = [...classes].sort((a, b) => (a.name < b.name ? -1 : 1));
  return `samples-unlearned ${sorted.map((each) => `${each.name} -${each.removed} =${each.remaining}`).join(', ')}`;
}

/** How a command ended, in the words of {@link carriedOut}: exactly once. */
function told(id: string, body: Body, entries: readonly Entry[]): string {
  const ends = entries.flatMap((entry) => {
    if (entry.kind !== 'event') return [];
    const { event } = entry;
    if (event.kind === 'task-announced')
      return body.kind === 'learn' && event.task === body.task ? [event.kind] : [];
    if (!('commandId' in event) || event.commandId !== id) return [];
    if (event.kind === 'command-rejected') return [event.error.code];
    if (event.kind === 'samples-unlearned') return [samplesUnlearned(event.classes)];
    return ['unlearned', 'relearned', 'erase-accepted', 'command-ignored'].includes(event.kind)
      ? [event.kind]
      : [];
  });
  return ends.join(' and ');
}

async function answered(
  name: string,
  model: Model,
  real: Checking,
): Promise<(entries: readonly Entry[]) => void> {
  const { system } = real;
  const learned = [...model.classes].filter(([, { state }]) => state === 'learned').map(([each]) => each);
  const current = system.store.registry.snapshot().model?.version;
  if (learned.length === 0 || system.processing.classifier()?.version !== current) return () => undefined;
  const id = `q${real.commands++}`;
  const { processing } = system;
  await system.query(id, vectorOf(`${name}-0`));
  return () => {
    const answer = processing.signals.flatMap((each) =>
      each.kind === 'prediction' && each.prediction.queryId === id ? [each.prediction] : [],
    )[0];
    // None where the process died before it could tell.
    if (answer === undefined) return;
    const named = [answer.label ?? '', ...answer.probabilities.map(({ label }) => label)];
    assert.deepEqual(
      named.filter((each) => !learned.includes(each)),
      [],
    );
    if (learned.includes(name)) assert.equal(answer.label, name);
  };
}

/** What happened by itself since this was asked last, in the order in which it was told; the model knows of it then. */
function followed(model: Model, real: Checking): Entry[] {
  const { system } = real;
  const entries = system.journal.slice(real.read);
  real.read = system.journal.length;
  for (const entry of entries) {
    if (entry.kind === 'begun') model.begin(entry.name, entry.counts);
    else happened(entry.event, model, system);
  }
  return entries;
}

/** Whether nothing is due: a training that is held holds up everything that makes a model, and erasures that wait for one. */
async function isAtRest(model: Model, { held, store }: System): Promise<boolean> {
  // Told of by a process that died before it could note that: it is told of again, which no training holds up.
  const { classes } = await store.registry.refresh();
  if ([...classes.values()].some(({ state, erasing }) => state === 'erased' && erasing)) return false;
  if (held) return true;
  const due = model.complete().length > 0 || model.erasable().length > 0;
  return !due && (model.rebuildFailed || !model.needsRebuild());
}

function happened(event: LetheEvent, model: Model, { made }: System): void {
  switch (event.kind) {
    case 'model-published': {
      const { name = '' } = made.get(event.model.version) ?? {};
      if (name.startsWith('rebuild')) model.rebuilt(name);
      else model.trained(name);
      return;
    }
    case 'task-finished':
      // Of one that trained nothing, since another task had learned what was left of it, the rest was gathered in vain.
      model.gathered(event.task);
      model.ended(event.task);
      return;
    case 'task-failed':
      // One that was not let go was not gathered in vain.
      if (event.error.message !== BROKEN) model.gathered(event.task);
      model.failed(event.task);
      return;
    case 'rebuild-failed':
      model.gaveUp(null);
      return;
    case 'erase-failed':
      model.gaveUp(event.commandId);
      return;
    case 'erased':
      model.erased(event.commandId);
      return;
    default:
  }
}

/** What a process that died had done and could not tell any more: that a task, or an erasure, was given up. */
async function catchUp(model: Model, { store }: System): Promise<void> {
  const { tasks, classes } = await store.registry.refresh();
  for (const [task, open] of [...model.tasks]) {
    if (tasks.has(task)) continue;
    // Whether it had gathered its vectors before it failed shows in the classes that left it.
    if (open.classes.some((name) => classes.get(name)?.state === 'unlearned')) model.gathered(task);
    model.failed(task);
  }
  for (const [name, { erasing }] of model.classes)
    if (erasing && classes.get(name)?.erasing === undefined && classes.get(name)?.state !== 'erased')
      model.gaveUp(erasing);
}

/** What is compared of each class. Its task counts while it is of one: of a forgotten one it is what it happened to be. */
function shown(classes: ReadonlyMap<string, ModelClass | ClassRecord>): string[] {
  return [...classes]
    .map(([name, { state, task, erasing, before }]) => {
      const own = state === 'learning' || state === 'learned' ? task : '';
      return [name, state, own, erasing && `erasing by ${erasing}`, before && `before ${before}`].join(' ');
    })
    .sort();
}

async function compare(model: Model, system: System): Promise<void> {
  const { store } = system;
  const registry = await store.registry.refresh();
  assert.deepEqual(shown(registry.classes), shown(model.classes));
  const stored: string[] = [];
  for (const database of ['cil', 'mu'] as const)
    for await (const records of store.vectors.scan({ database }))
      for (const { id, className } of records) stored.push(`${database} ${className} ${id}`);
  assert.deepEqual(
    stored.sort(),
    [...model.vectors].map(([id, { database, className }]) => `${database} ${className} ${id}`).sort(),
  );
  for (const { name, state, count, centroid } of registry.classes.values()) {
    if (state !== 'learned') continue;
    assert.equal(count, model.stored(name).length);
    assert.notEqual(centroid, null);
  }
  assert.deepEqual(registry.model?.classes ?? null, model.known);
  const open = [...registry.tasks.values()].filter(({ state }) => state === 'open').map(({ name }) => name);
  assert.deepEqual(open.sort(), [...model.tasks.keys()].sort());
  if (!(await isAtRest(model, system)))
    assert.deepEqual({ complete: model.complete(), erasable: model.erasable() }, 'nothing due');
}
