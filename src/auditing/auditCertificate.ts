import type { ChainHead } from '../domain/auditChain.js';
import { type ClassEvidence, remainsIn, unseenIn } from '../domain/classEvidence.js';
import { LetheError } from '../domain/errors.js';
import type { AuditRecord } from '../domain/messages/audit.js';
import { eventSchema, type LetheEvent } from '../domain/messages/event.js';
import type { Place } from '../domain/places.js';
import { placeWords } from '../domain/placeWords.js';
import type { ChainLink } from './auditChainReader.js';
import { storyOf } from './auditStory.js';

type Erased = Extract<LetheEvent, { kind: 'erased' }>;
type Link = ChainLink<AuditRecord>;

/** What is certified of an erasure: what is there, what was told of it, and how the chain can be found again. */
export interface Certificate {
  readonly kind: 'lethe-erasure-certificate';
  readonly version: 3;
  readonly model: string;
  readonly class: string;
  /** Who asked for it, as the sender of the command said; null where it was not said. */
  readonly askedBy: string | null;
  readonly askedAt: string | null;
  readonly erasedAt: string;
  /**
   * What a worker found when this was issued: the class is in no database, no model that answers and no checkpoint. Its `places`
   * tell of all that were looked at, of those that a person declared gone, and of what is kept.
   */
  readonly seen: ClassEvidence;
  /** The event `erased`, as Lethe wrote it: what was deleted, and which topics keep records for how long. */
  readonly told: Erased;
  /** Records of the chain that tell of it. */
  readonly records: readonly { readonly sequence: number; readonly hash: string }[];
  /** The chain as it was when this was issued. */
  readonly chain: ChainHead;
  readonly issuedAt: string;
}

/**
 * The certificate of a class's last erasure. It states what is there, and not what was told: whoever may write events could
 * tell of any erasure.
 * @param links the whole chain, verified
 * @param seen what is there now
 * @throws LetheError `not-erased` where something of the class is still there, or there again, where a worker that may hold a
 *   copy has not looked, or where the chain tells of no erasure that the registry confirmed
 */
export function certificateOf(
  className: string,
  { links, head }: { readonly links: readonly Link[]; readonly head: ChainHead },
  seen: ClassEvidence,
  now: Date,
): Certificate {
  const remains = remainsIn(seen);
  if (remains.length > 0) throw stillThere(className, remains, seen);
  const unseen = unseenIn(seen);
  if (unseen.length > 0) throw notSeen(className, unseen, seen);
  const story = storyLinks(className, links);
  const link = lastErasure(story);
  if (!link) throw notErased(className, story);
  const event = erasureIn(link.kept);
  refuseLearnedAgain(className, story, link);
  const command = story.find(({ kept }) => kept.told.of === 'command' && kept.told.id === event.commandId);
  return {
    kind: 'lethe-erasure-certificate',
    version: 3,
    model: link.kept.model,
    class: className,
    askedBy: command?.kept.told.of === 'command' ? command.kept.told.actor : null,
    askedAt: command?.kept.time ?? null,
    erasedAt: link.kept.time,
    seen,
    told: event,
    records: story
      .filter(({ kept }) => kept.registry?.confirms !== false)
      .map(({ sequence, hash }) => ({ sequence, hash })),
    chain: head,
    issuedAt: now.toISOString(),
  };
}

/** The records of the chain that concern the class. */
function storyLinks(className: string, links: readonly Link[]): readonly Link[] {
  const chosen = new Set(
    storyOf(
      className,
      links.map(({ kept }) => kept),
    ).records,
  );
  return links.filter(({ kept }) => chosen.has(kept));
}

/** The newest by the registry, where it was told first: a copy that others write behind it is confirmed, too. */
function lastErasure(story: readonly Link[]): Link | undefined {
  let last: Link | undefined;
  for (const link of story) {
    if (!isErasure(link.kept) || link.kept.registry?.confirms !== true) continue;
    if (!last || erasureIn(link.kept).registryVersion > erasureIn(last.kept).registryVersion) last = link;
  }
  return last;
}

function isErasure({ told }: AuditRecord): boolean {
  return told.of === 'event' && told.body.kind === 'erased';
}

function erasureIn({ told }: AuditRecord): Erased {
  const event = eventSchema.parse(told.of === 'event' ? told.body : {});
  if (event.kind !== 'erased') throw new TypeError('the record tells of no erasure');
  return event;
}

/** A task of the class that was announced after the erasure, and has not failed, brings it back. */
function refuseLearnedAgain(className: string, story: readonly Link[], erasure: Link): void {
  const open = new Map<string, number>();
  for (const { kept, sequence } of story) {
    if (sequence <= erasure.sequence || kept.told.of !== 'event' || kept.registry?.confirms === false)
      continue;
    const event = eventSchema.safeParse(kept.told.body).data;
    if (event?.kind === 'task-announced' && event.classes.includes(className)) open.set(event.task, sequence);
    if (event?.kind === 'task-failed') open.delete(event.task);
  }
  const [again] = open;
  if (again === undefined) return;
  throw new LetheError(
    'not-erased',
    `"${className}" was learned again after it was erased: task ${again[0]}`,
    {
      field: 'class',
      value: className,
      remedy: `Erase it again. Record ${again[1]} of the chain announces the task (\`lethe audit show\`).`,
    },
  );
}

function stillThere(className: string, remains: readonly string[], seen: ClassEvidence): LetheError {
  return new LetheError('not-erased', `"${className}" is not gone: ${remains.join('; ')}`, {
    field: 'class',
    value: className,
    remedy: 'Erase it (`lethe erase`), wait for the event `erased`, and try again.',
    evidence: { ...seen },
  });
}

function notSeen(className: string, unseen: readonly Place[], seen: ClassEvidence): LetheError {
  return new LetheError(
    'not-erased',
    `not every place was checked for "${className}" yet: ${unseen.map(placeWords).join('; ')}`,
    {
      field: 'class',
      value: className,
      remedy:
        'Start the missing workers, and try again in a minute. If a worker and its folder are gone for good, run `lethe workers gone <id>`.',
      evidence: { ...seen },
      retriable: true,
    },
  );
}

function notErased(className: string, story: readonly Link[]): LetheError {
  const doubted = story.findLast(({ kept }) => isErasure(kept));
  const why =
    doubted?.kept.registry?.why ?? 'it was written by a version of Lethe that did not check the registry';
  const message = doubted
    ? `record ${doubted.sequence} of the chain says that "${className}" was erased, but the registry did not confirm it: ${why}`
    : `the audit chain contains no erasure of "${className}"`;
  return new LetheError('not-erased', message, {
    field: 'class',
    value: className,
    remedy: doubted
      ? 'Find out who else writes to the events topic. Then erase the class.'
      : 'Erase it first (`lethe erase`). The chain contains the event within moments: if the class was just erased, try again.',
  });
}
