import { lastValueFrom } from 'rxjs';
import type { EventLog } from '../adapters/eventLog.js';
import { keptNow } from '../adapters/keptNow.js';
import { sha256 } from '../domain/auditChain.js';
import { letterAgain } from '../domain/deadLetter.js';
import { groupsOf } from '../domain/groups.js';
import type { LetheEvent } from '../domain/messages/event.js';
import { namingOneOf } from '../domain/namedClass.js';
import { type LogRecord, positionOf } from '../domain/record.js';
import type { Common } from './context.js';

type Erased = Extract<LetheEvent, { kind: 'erased' }>;
type Holding = Erased['topics'];

/**
 * Deletes what the topics hold of classes, as far as a log can: their dead letters, and where the settings say so all
 * samples that were read. What stays is told, with how long it stays.
 */
export async function purgeTopics(
  classes: readonly string[],
  context: Pick<Common, 'log' | 'topics' | 'settings'>,
): Promise<Pick<Erased, 'deadLetters' | 'topics'>> {
  const { log, topics, settings } = context;
  const deadLetters = await purgeDeadLetters(classes, context);
  if (settings.rebuild.deleteSamples)
    await log.deleteBefore(topics.samples, await log.positions(groupsOf(topics).learning, topics.samples));
  return { deadLetters, topics: await topicsHolding(context) };
}

/** Topics that hold, or held, records of classes, and what becomes of these. */
export async function topicsHolding({
  log,
  topics,
  settings,
}: Pick<Common, 'log' | 'topics' | 'settings'>): Promise<Holding> {
  const holding = [topics.samples, topics.queries, topics.commands, topics['dead-letters']];
  const purged = [topics['dead-letters'], ...(settings.rebuild.deleteSamples ? [topics.samples] : [])];
  const [retention, ends] = await Promise.all([log.retention(holding), log.writtenEnds(purged)]);
  return holding.map((topic) => {
    const { ms, removal } = retention.get(topic) ?? { ms: null, removal: null };
    const wasUsed = ends.get(topic)?.some((end) => end > 0n) ?? false;
    const isWaiting = wasUsed && removal !== null;
    return {
      topic,
      records: !purged.includes(topic) ? 'kept' : isWaiting ? 'waiting' : 'deleted',
      retentionMs: ms,
      ...(isWaiting && { removal }),
    };
  });
}

/** Letters that are written again at once, and so at most twice where a worker dies in between. */
const BATCH = { letters: 1000, bytes: 2 ** 23 };

/**
 * A log deletes from the front only: from the oldest on, the other letters are written again behind and what was read is
 * deleted, a batch at a time. Memory holds one batch, whatever the topic holds. It ends at the ends that are found at the
 * beginning, so it does not meet what it writes. A worker that dies leaves at most one batch both at the front and
 * behind: the next one finds these letters again and does not write them a third time.
 * @returns letters deleted by this call
 */
async function purgeDeadLetters(
  classes: readonly string[],
  { log, topics }: Pick<Common, 'log' | 'topics'>,
): Promise<number> {
  const topic = topics['dead-letters'];
  const isOfClass = namingOneOf(classes, topics);
  const found = await survey(log, topic, isOfClass);
  if (found.count === 0) return 0;
  const { ends } = found;
  const read = ends.map(() => 0n);
  let count = 0;
  let batch: LogRecord[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    await log.publish(batch.map(letterAgain));
    await log.deleteBefore(topic, read);
    batch = [];
    bytes = 0;
  };
  const handle = async (letter: LogRecord): Promise<void> => {
    const { partition, offset } = letter;
    if (offset >= (ends[partition] ?? 0n)) return;
    if (isOfClass(letter)) count++;
    else if (!found.isCopied(letter)) {
      batch.push(letter);
      bytes += sizeOf(letter);
    }
    read[partition] = offset + 1n;
    if (batch.length >= BATCH.letters || bytes >= BATCH.bytes) await flush();
  };
  await lastValueFrom(keptNow(log, topic, { handle }), { defaultValue: undefined });
  await flush();
  await log.deleteBefore(topic, ends);
  return count;
}

/** What a topic of dead letters holds, read once from end to end. */
async function survey(log: EventLog, topic: string, isOfClass: (letter: LogRecord) => boolean) {
  const ends = (await log.writtenEnds([topic])).get(topic) ?? [];
  const front = new Front();
  let count = 0;
  const handle = async (letter: LogRecord): Promise<void> => {
    if (letter.offset >= (ends[letter.partition] ?? 0n)) return;
    if (isOfClass(letter)) count++;
    front.meet(letter);
  };
  await lastValueFrom(keptNow(log, topic, { handle }), { defaultValue: undefined });
  return { ends, count, isCopied: (letter: LogRecord) => front.isCopied(letter) };
}

/** The first letters of each partition, as many as a batch may be: which of them lie further behind once more. */
class Front {
  readonly #seen = new Map<number, number>();
  /** Where the first one of this content lies. */
  readonly #first = new Map<string, string>();
  readonly #copied = new Set<string>();

  meet(letter: LogRecord): void {
    const content = contentOf(letter);
    const first = this.#first.get(content);
    if (first !== undefined) this.#copied.add(first);
    const seen = this.#seen.get(letter.partition) ?? 0;
    if (seen >= BATCH.letters || first !== undefined) return;
    this.#seen.set(letter.partition, seen + 1);
    this.#first.set(content, positionOf(letter));
  }

  isCopied(letter: LogRecord): boolean {
    return this.#copied.has(positionOf(letter));
  }
}

/** Letters are the same where key, headers and bytes are: the headers tell which record was refused. */
function contentOf({ key, headers, value }: LogRecord): string {
  return sha256(`${sha256(JSON.stringify([key, Object.entries(headers).sort()]))}${sha256(value)}`);
}

function sizeOf({ key, headers, value }: LogRecord): number {
  return value.length + Buffer.byteLength(JSON.stringify([key, headers]));
}
