import type { ChainHead } from './auditChain.js';
import { storyOf } from './auditStory.js';
import { LetheError } from './errors.js';
import type { AuditRecord } from './messages/audit.js';
import { eventSchema, type LetheEvent } from './messages/event.js';

type Erased = Extract<LetheEvent, { kind: 'erased' }>;

/** What is certified of an erasure: what the chain says about it, and how the chain can be found again. */
export interface Certificate {
  readonly kind: 'lethe-erasure-certificate';
  readonly version: 1;
  readonly model: string;
  readonly class: string;
  /** Who asked for it, as the sender of the command said; null where it was not said. */
  readonly askedBy: string | null;
  readonly askedAt: string | null;
  readonly erasedAt: string;
  /** Vectors deleted. */
  readonly vectors: number;
  /** The model that never saw the class. */
  readonly modelVersion: string;
  /** Whether the database's own files, which may hold deleted vectors, were being written anew. */
  readonly databaseFiles: Erased['databaseFiles'];
  readonly checkpointsRemoved: number;
  readonly deadLettersDeleted: number;
  /** Topics that hold, or held, records of the class: outside of what Lethe can delete one by one. */
  readonly topics: Erased['topics'];
  /** Records of the chain that tell of it. */
  readonly records: readonly number[];
  /** The chain as it was when this was issued. */
  readonly chain: ChainHead;
  readonly issuedAt: string;
}

/**
 * The certificate of a class's last erasure.
 * @param records the whole chain, verified
 * @throws LetheError `class-not-learned` where the chain tells of no erasure
 */
export function certificateOf(
  className: string,
  records: readonly AuditRecord[],
  head: ChainHead,
  now: Date,
): Certificate {
  const story = storyOf(className, records).records;
  const record = story.findLast(({ told }) => told.of === 'event' && told.body.kind === 'erased');
  if (!record) throw notErased(className);
  const event = eventSchema.parse(record.told.of === 'event' ? record.told.body : {}) as Erased;
  const command = story.find(({ told }) => told.of === 'command' && told.id === event.commandId);
  return {
    kind: 'lethe-erasure-certificate',
    version: 1,
    model: record.model,
    class: className,
    askedBy: command?.told.of === 'command' ? command.told.actor : null,
    askedAt: command?.time ?? null,
    erasedAt: record.time,
    vectors: event.classes.find(({ name }) => name === className)?.vectors ?? 0,
    modelVersion: event.modelVersion,
    databaseFiles: event.databaseFiles,
    checkpointsRemoved: event.checkpoints,
    deadLettersDeleted: event.deadLetters,
    topics: event.topics,
    records: story.map(({ sequence }) => sequence),
    chain: head,
    issuedAt: now.toISOString(),
  };
}

function notErased(className: string): LetheError {
  return new LetheError('class-not-learned', `the audit chain tells of no erasure of "${className}"`, {
    field: 'class',
    value: className,
    remedy: 'Erase it first (`lethe erase`), and wait for the event `erased`.',
  });
}
