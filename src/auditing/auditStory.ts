import { eventLine } from '../domain/describeEvent.js';
import type { AuditRecord } from '../domain/messages/audit.js';
import { eventSchema, type LetheEvent } from '../domain/messages/event.js';

/** What the chain says about a class. */
export interface ClassStory {
  /** Records that concern the class, oldest first. */
  readonly records: readonly AuditRecord[];
  /** The same in plain words, a line each. */
  readonly lines: readonly string[];
}

/** Picks the records that concern a class out of the chain, and tells them in plain words. */
export function storyOf(className: string, records: readonly AuditRecord[]): ClassStory {
  const tasks = new Set<string>();
  const commands = new Set<string>();
  const concerned = new Set(records.filter((record) => concerns(record, className, tasks, commands)));
  // A command by examples names no class: what came of it tells that it is about this one.
  const chosen = records.filter(
    (record) => concerned.has(record) || (record.told.of === 'command' && commands.has(record.told.id)),
  );
  const before = toldBefore(chosen);
  return {
    records: chosen,
    lines: chosen.map((record) => `${record.time}  ${wordsOf(record)}${repetitionWords(before.get(record))}`),
  };
}

/**
 * Of events that tell the same once more, the number of the record that told it first: a learner that died may tell twice,
 * and others may write a copy, which the registry confirms like the event itself. Nothing happened a second time.
 */
function toldBefore(records: readonly AuditRecord[]): ReadonlyMap<AuditRecord, number> {
  const first = new Map<string, number>();
  const before = new Map<AuditRecord, number>();
  for (const record of records) {
    const { told, sequence } = record;
    if (told.of !== 'event' || record.registry?.confirms !== true) continue;
    const { ms: _, ...effect } = told.body;
    const text = JSON.stringify(effect);
    const number = first.get(text);
    if (number === undefined) first.set(text, sequence);
    else before.set(record, number);
  }
  return before;
}

function repetitionWords(first: number | undefined): string {
  return first === undefined ? '' : ` (reported before, as number ${first})`;
}

function concerns(
  { told }: AuditRecord,
  className: string,
  tasks: Set<string>,
  commands: Set<string>,
): boolean {
  if (told.of === 'unreadable') return false;
  if (told.of === 'command') {
    const names = namesIn(told.body.classes);
    if (!names.includes(className)) return false;
    if (typeof told.body.task === 'string') tasks.add(told.body.task);
    commands.add(told.id);
    return true;
  }
  const event = eventSchema.safeParse(told.body);
  if (!event.success) return false;
  return isAbout(event.data, className, tasks, commands);
}

function isAbout(event: LetheEvent, className: string, tasks: Set<string>, commands: Set<string>): boolean {
  if (event.kind === 'model-published') return event.model.classes.includes(className);
  if (event.kind === 'model-rebuilt') return event.without.includes(className);
  if (event.kind === 'model-revised') return [...event.without, ...event.returned].includes(className);
  if (event.kind === 'store-brought-forward')
    return event.lostClasses.includes(className) || event.carriedOut.some((id) => commands.has(id));
  if ('classes' in event && namesIn(event.classes).includes(className)) {
    if ('task' in event) tasks.add(event.task);
    if ('commandId' in event && event.commandId !== undefined) commands.add(event.commandId);
    return true;
  }
  if ('task' in event) return tasks.has(event.task);
  return 'commandId' in event && commands.has(event.commandId);
}

/** Names in a list of names, or of objects with names. */
function namesIn(list: unknown): string[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((each: unknown) => {
    if (typeof each === 'string') return [each];
    if (typeof each === 'object' && each !== null && 'name' in each && typeof each.name === 'string')
      return [each.name];
    return [];
  });
}

function wordsOf(record: AuditRecord): string {
  const words = toldWords(record);
  const { registry } = record;
  if (registry?.confirms !== false) return words;
  return `NOT CONFIRMED, somebody wrote: ${words}. The registry does not confirm it: ${registry.why ?? 'no reason given'}`;
}

function toldWords({ told }: AuditRecord): string {
  switch (told.of) {
    case 'command':
      return `${told.actor ?? 'an unnamed sender'} requested: ${typeof told.body.kind === 'string' ? told.body.kind : 'something'} (command ${told.id})`;
    case 'unreadable':
      return `an unreadable message was refused: ${told.reason}`;
    case 'event':
      return eventWords(eventSchema.parse(told.body));
  }
}

function eventWords(event: LetheEvent): string {
  const command = 'commandId' in event && event.commandId !== undefined ? [`command ${event.commandId}`] : [];
  const version = 'registryVersion' in event ? [`registry version ${event.registryVersion}`] : [];
  const whence = [...command, ...version].join(', ');
  return `${eventLine(event)}${whence && ` (${whence})`}`;
}
