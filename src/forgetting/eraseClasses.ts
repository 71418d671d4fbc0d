import { z } from 'zod';
import type { Changeable, CommandReceipt } from '../adapters/knowledgeStore.js';
import type { ClassRecord } from '../domain/classes.js';
import type { EraseCommand } from '../domain/messages/command.js';
import type { LetheEvent } from '../domain/messages/event.js';
import { inState, judged, storedOf, unannouncedRecord } from '../knowledge/judgeClasses.js';

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
  store: Changeable,
  startedAt: number,
): Promise<Accepted> {
  const details = { command: 'erase', classes };
  const request = now ? 'erase now' : 'erase';
  const stored = await storedOf(classes, store);
  const { moved, snapshot } = await store.migrate((current) => ({
    from: 'cil',
    to: 'mu',
    classes: classes.flatMap((asked, index) =>
      judged(request, asked, `classes.${index}`, stored, current).map(
        ({ name, record = unannouncedRecord(name, stored) }): ClassRecord => ({
          ...inState(record, record.state === 'rebuilt' ? 'rebuilt' : 'unlearned'),
          erasing: id,
        }),
      ),
    ),
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
    classes: (moved.size > 0 ? [...moved.keys()] : classes).map((name) => ({
      name,
      moved: moved.get(name) ?? 0,
    })),
    registryVersion,
    ms: performance.now() - startedAt,
  };
}
