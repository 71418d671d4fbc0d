import type { AuditRecord } from '../../domain/messages/audit.js';
import { type EventOf, eventSchema } from '../../domain/messages/event.js';

/** Events that tell of a command that changed what the store holds; each such command left a receipt there. */
export type Effect = EventOf<'unlearned' | 'relearned' | 'samples-unlearned' | 'erase-accepted'>;

/** What the audit chain says should be in the store. */
export interface Told {
  /** What commands did, by their ids, in the order in which it was done. */
  readonly effects: ReadonlyMap<string, Effect>;
  /** Classes that are learned. */
  readonly learned: ReadonlySet<string>;
  /** Tasks that were announced, and neither finished nor failed. */
  readonly open: ReadonlySet<string>;
}

/** Of unlearned samples: classes of which nothing remained. */
function forgottenBy(event: Exclude<Effect, { kind: 'relearned' }>): readonly { readonly name: string }[] {
  return event.kind === 'samples-unlearned'
    ? event.classes.filter(({ remaining }) => remaining === 0)
    : event.classes;
}

/** @param records the audit chain, oldest first */
export function toldBy(records: readonly AuditRecord[]): Told {
  const effects = new Map<string, Effect>();
  const classes = new Map<string, 'announced' | 'learned' | 'forgotten'>();
  const open = new Map<string, readonly string[]>();
  const mark = (named: readonly { readonly name: string }[], state: 'learned' | 'forgotten'): void => {
    for (const { name } of named) classes.set(name, state);
  };
  const announcedOf = (task: string): string[] =>
    (open.get(task) ?? []).filter((name) => classes.get(name) === 'announced');
  for (const { told, registry } of records) {
    // What the registry did not confirm was written by someone else.
    const isOurs = told.of === 'event' && registry?.confirms !== false;
    const event = isOurs ? eventSchema.safeParse(told.body).data : undefined;
    switch (event?.kind) {
      case 'task-announced':
        open.set(event.task, event.classes);
        for (const name of event.classes) classes.set(name, 'announced');
        break;
      case 'task-finished':
        // A class that was unlearned while its task trained stays so.
        for (const name of announcedOf(event.task)) classes.set(name, 'learned');
        open.delete(event.task);
        break;
      case 'task-failed':
        open.delete(event.task);
        break;
      case 'relearned':
        effects.set(event.commandId, event);
        mark(event.classes, 'learned');
        break;
      case 'unlearned':
      case 'erase-accepted':
      case 'samples-unlearned':
        effects.set(event.commandId, event);
        mark(forgottenBy(event), 'forgotten');
        break;
      case 'store-brought-forward':
        // What was lost then was said then.
        for (const name of event.lostClasses) classes.delete(name);
        for (const task of event.lostTasks) open.delete(task);
        break;
      default:
    }
  }
  const learned = [...classes].flatMap(([name, state]) => (state === 'learned' ? [name] : []));
  return { effects, learned: new Set(learned), open: new Set(open.keys()) };
}
