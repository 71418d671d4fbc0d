import { LetheError } from 'lethe/internal/domain/errors.js';
import type { LogRecord } from 'lethe/internal/domain/record.js';
import type { Door, FollowedRole } from 'lethe/internal/following/door.js';
import { defer, mergeMap, Observable, Subject, type Subscription, throwError } from 'rxjs';

/** A topic that is being followed. */
interface Following {
  readonly records: Observable<LogRecord>;
  readonly subscription: Subscription;
}

/** Topics that a client follows: each is opened once, when it is first asked for, and shared by all who look on. */
export class Followed {
  readonly #open = new Map<FollowedRole, Promise<Following>>();
  readonly #closing = new Subject<LetheError>();
  #closed = false;

  /** Fails when the client is closed, at once where it is so already; nothing comes before. */
  readonly closed: Observable<never> = defer(() =>
    this.#closed ? throwError(closedError) : this.#closing.pipe(mergeMap((error) => throwError(() => error))),
  );

  constructor(private readonly door: Door) {}

  /** Resolves when nothing written afterwards can be missed. What is broken is opened anew for whoever asks next. */
  async tail(role: FollowedRole): Promise<Observable<LogRecord>> {
    if (this.#closed) throw closedError();
    const opening = this.#open.get(role) ?? this.#follow(role);
    this.#open.set(role, opening);
    try {
      return (await opening).records;
    } catch (error) {
      this.#open.delete(role);
      throw error;
    }
  }

  /** The records from the subscription on. */
  from(role: FollowedRole): Observable<LogRecord> {
    return new Observable((subscriber) => {
      let reading: Subscription | undefined;
      this.tail(role).then(
        (records) => {
          if (!subscriber.closed) reading = records.subscribe(subscriber);
        },
        (error: unknown) => subscriber.error(error),
      );
      return () => reading?.unsubscribe();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#closing.next(closedError());
    const open = await Promise.allSettled(this.#open.values());
    for (const each of open) if (each.status === 'fulfilled') each.value.subscription.unsubscribe();
  }

  async #follow(role: FollowedRole): Promise<Following> {
    const shared = new Subject<LogRecord>();
    const records = await this.door.tail(role);
    if (this.#closed) {
      // Closed while it was opened: what was opened is let go, and whoever waits for it fails.
      records.subscribe().unsubscribe();
      throw closedError();
    }
    const subscription = records.subscribe({
      next: (record) => shared.next(record),
      error: (error: unknown) => this.#end(role, shared, error),
      complete: () => this.#end(role, shared, endedError()),
    });
    subscription.add(this.#closing.subscribe((error) => shared.error(error)));
    return { records: shared, subscription };
  }

  #end(role: FollowedRole, shared: Subject<LogRecord>, error: unknown): void {
    this.#open.delete(role);
    shared.error(error);
  }
}

export function closedError(): LetheError {
  return new LetheError('unreachable', 'the client is closed', { remedy: 'Create a new client.' });
}

function endedError(): LetheError {
  return new LetheError('unreachable', 'Lethe ended', {
    remedy: 'Repeat the request when Lethe runs; you may use the same ids.',
    retriable: true,
  });
}
