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

/** For how long the feed goes on without a page: a page that is loaded anew finds it as it was. */
const LINGER_MS = 10_000;

/** Writes one message to a page; completes when there is room for the next. */
export type Send = (message: FeedMessage, id: string | null) => ObservableInput<unknown>;

/** What pages follow. */
export interface Feed {
  /**
   * Sends what the page has not seen, then what happens, until it is unsubscribed. A page that is slow gets the newest
   * states and is told how many happenings it missed; it holds up nobody.
   * @param lastId of the last message that the page got, where it comes back
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
