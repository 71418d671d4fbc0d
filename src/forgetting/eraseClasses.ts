import type { Changeable } from '../adapters/knowledgeStore.js';
import type { ClassRecord } from '../domain/classes.js';
import { type EffectOf, eventOf } from '../domain/effects.js';
import type { EraseCommand } from '../domain/messages/command.js';
import type { EventOf } from '../domain/messages/event.js';
import { inState, judged, storedOf, unannouncedRecord } from '../knowledge/judgeClasses.js';

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
): Promise<EventOf<'erase-accepted'>> {
  const details: EffectOf<'erase-accepted'> = { kind: 'erase-accepted', classes };
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
  return eventOf(details, { id, moved, registryVersion: snapshot.version }, startedAt);
}
