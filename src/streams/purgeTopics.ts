import { lastValueFrom, toArray } from 'rxjs';
import { labelOf } from '../domain/cloudEvents.js';
import type { LetheEvent } from '../domain/messages/event.js';
import type { LogRecord } from '../domain/record.js';
import type { Context } from './context.js';
import { groupsOf } from './groups.js';
import { keptNow } from './keptNow.js';

type Erased = Extract<LetheEvent, { kind: 'erased' }>;

/**
 * Deletes what the topics hold of classes, as far as a log can: their dead letters, and where the settings say so all
 * samples that were read. What stays is told, with how long it stays.
 */
export async function purgeTopics(
  classes: readonly string[],
  context: Pick<Context, 'log' | 'topics' | 'settings'>,
): Promise<Pick<Erased, 'deadLetters' | 'topics'>> {
  const { log, topics, settings } = context;
  const deadLetters = await purgeDeadLetters(classes, context);
  const { deleteSamples } = settings.rebuild;
  if (deleteSamples)
    await log.deleteBefore(topics.samples, await log.positions(groupsOf(topics).learning, topics.samples));
  const holding = [topics.samples, topics.queries, topics.commands, topics['dead-letters']];
  const retention = await log.retention(holding);
  return {
    deadLetters,
    topics: holding.map((topic) => ({
      topic,
      records:
        topic === topics['dead-letters'] || (deleteSamples && topic === topics.samples) ? 'deleted' : 'kept',
      retentionMs: retention.get(topic) ?? null,
    })),
  };
}

/** A log deletes from the front only: the other dead letters are written again behind, then all before them goes. */
async function purgeDeadLetters(
  classes: readonly string[],
  { log, topics }: Pick<Context, 'log' | 'topics'>,
): Promise<number> {
  const topic = topics['dead-letters'];
  const ends = (await log.ends([topic])).get(topic) ?? [];
  const isOld = ({ partition, offset }: LogRecord): boolean => offset < (ends[partition] ?? 0n);
  const letters = (await lastValueFrom(keptNow(log, topic).pipe(toArray()), { defaultValue: [] })).filter(
    isOld,
  );
  const isOfClass = (letter: LogRecord): boolean => classes.includes(labelOf(letter) ?? '');
  const count = letters.filter(isOfClass).length;
  if (count === 0) return 0;
  await log.publish(
    letters
      .filter((letter) => !isOfClass(letter))
      .map(({ key, value, headers }) => ({ topic, key, value, headers })),
  );
  await log.deleteBefore(topic, ends);
  return count;
}
