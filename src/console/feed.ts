import {
  concat,
  defer,
  EMPTY,
  finalize,
  from,
  ignoreElements,
  map,
  type Observable,
  type ObservableInput,
  share,
  timer,
} from 'rxjs';
import { concatMapLossy } from './concatMapLossy.js';
import { FeedMemory, type Kept, type Numbered } from './memory.js';
import type { FeedMessage, Happening, StateMessage } from './messages.js';

/** How long the feed continues without a page, so that a reload finds it unchanged. */
const LINGER_MS = 10_000;

/** Writes one message to a page; completes when there is room for the next. */
export type Send = (message: FeedMessage, id: string | null) => ObservableInput<unknown>;

/** What pages follow. */
export interface Feed {
  /**
   * Sends what the page has not seen, then new messages, until it is unsubscribed. A slow page gets the newest states
   * and the number of messages that it missed; it delays nobody.
   * @param lastId the last message that a returning page received
   */
  follow(lastId: string | undefined, send: Send): Observable<never>;
}

/**
 * One feed for all pages. Its source is subscribed while there are pages, and a little longer: without pages nothing is
 * read, computed or kept.
 */
export function createFeed(source: Observable<StateMessage | Happening>, kept: Kept): Feed {
  const memory = new FeedMemory(kept);
  const live = source.pipe(
    map((message) => memory.note(message)),
    finalize(() => memory.clear()),
    share({ resetOnRefCountZero: () => timer(LINGER_MS) }),
  );
  const limit = kept.answer + kept.told;
  return {
    follow: (lastId, send) =>
      concat(
        defer(() => from(memory.since(lastId))),
        live,
      ).pipe(
        concatMapLossy({ limit, keyOf }, ({ message, id }, dropped) =>
          concat(
            dropped > 0 ? defer(() => send({ kind: 'missed', data: { count: dropped } }, null)) : EMPTY,
            defer(() => send(message, id)),
          ),
        ),
        ignoreElements(),
      ),
  };
}

function keyOf({ message: { kind } }: Numbered): string | null {
  return kind === 'answer' || kind === 'told' || kind === 'missed' ? null : kind;
}
