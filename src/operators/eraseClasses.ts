import { z } from 'zod';
import { type ClassRecord, SUPPRESSED } from '../domain/classes.js';
import { LetheError } from '../domain/errors.js';
import type { EraseCommand } from '../domain/messages/command.js';
import type { LetheEvent } from '../domain/messages/event.js';
import type { CommandReceipt, KnowledgeStore } from '../stores/knowledgeStore.js';
import { recordOf } from './migrateClasses.js';

type Accepted = Extract<LetheEvent, { kind: 'erase-accepted' }>;

const detailsSchema = z.object({ classes: z.array(z.string()) });

/**
 * Accepts that classes are to be erased: notes it in the registry, and with `now` unlearns those that are not unlearned
 * yet, in one transaction. The rebuild and the deletion follow in the background, and after a restart.
 * @throws LetheError `unknown-class`, `class-erased`, `class-erasing`, `class-not-learned`; then nothing was changed
 */
export async function eraseClasses(
  { id, classes, now = false }: EraseCommand,
  position: string,
  store: KnowledgeStore,
  startedAt: number,
): Promise<Accepted> {
  const details = { classes };
  const { moved, snapshot } = await store.migrate((current) => ({
    from: 'cil',
    to: 'mu',
    classes: classes.map((name, index): ClassRecord => {
      const field = `classes.${index}`;
      const record = recordOf(name, field, [...SUPPRESSED, 'learned', 'learning'], current);
      if (record.erasing !== undefined) throw erasingAlready(record, record.erasing, field);
      if (!SUPPRESSED.includes(record.state) && !now) throw notUnlearned(record, field);
      return { ...record, state: record.state === 'rebuilt' ? 'rebuilt' : 'unlearned', erasing: id };
    }),
    command: { id, position, details },
  }));
  return acceptedEvent({ id, details, moved, registryVersion: snapshot.version }, startedAt);
}

/** The event of an accepted command, from what was done or from its receipt. */
export function acceptedEvent(
  {
    id,
    details,
    moved,
    registryVersion,
  }: Pick<CommandReceipt, 'id' | 'details' | 'moved' | 'registryVersion'>,
  startedAt: number,
): Accepted {
  const { classes } = detailsSchema.parse(details);
  return {
    kind: 'erase-accepted',
    commandId: id,
    classes: classes.map((name) => ({ name, moved: moved.get(name) ?? 0 })),
    registryVersion,
    ms: performance.now() - startedAt,
  };
}

function notUnlearned({ name, state }: ClassRecord, field: string): LetheError {
  return new LetheError('class-not-learned', `class "${name}" is ${state}, not unlearned`, {
    field,
    value: name,
    remedy: 'Unlearn it first, or send the command with "now": true (`lethe erase --now`).',
  });
}

function erasingAlready({ name }: ClassRecord, by: string, field: string): LetheError {
  return new LetheError('class-erasing', `class "${name}" is being erased already (command ${by})`, {
    field,
    value: name,
    remedy: 'Wait for its event `erased`.',
  });
}
