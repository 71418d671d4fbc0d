import { Observable } from 'rxjs';
import { delegating } from '../adapters/delegating.js';
import type { EventLog, Settled, Subscription } from '../adapters/eventLog.js';
import { deadLetter } from '../domain/deadLetter.js';
import { LetheError, toLetheError } from '../domain/errors.js';
import { type LogRecord, positionOf } from '../domain/record.js';
import type { Signal } from './signal.js';

/** How often a topology may fail with a single record in flight before the record is set aside. */
export const ATTEMPTS = 5;

/**
 * Finds the record at which a topology fails. The topology reads through {@link log}. After a failure, every record
 * in flight is a suspect. Suspects are emitted again one at a time, so that the next failure has one cause. A record
 * that fails {@link ATTEMPTS} times alone becomes a dead letter, and the topology continues after it. A temporary
 * failure (a retriable {@link LetheError}: a store that is away) makes no record a suspect.
 */
export class Suspects {
  /** The log for the topology. */
  readonly log: EventLog;
  /** Positions of records that were emitted and not settled. */
  readonly #underWay = new Set<string>();
  /** How often the topology failed with a record alone, by position. */
  readonly #attempts = new Map<string, number>();
  readonly #deadLetters: string;
  readonly #source: EventLog;
  #failure: LetheError | undefined;
  /** Emits the waiting records of each subscription of the topology. */
  readonly #turns = new Set<() => void>();

  /**
   * @param deadLetters the topic of dead letters
   * @param tell called for each record that was set aside
   */
  constructor(
    log: EventLog,
    deadLetters: string,
    private readonly tell: (signal: Signal) => void,
  ) {
    this.#source = log;
    this.#deadLetters = deadLetters;
    this.log = delegating(log, {
      read: (subscription) => (subscription.transient ? log.read(subscription) : this.#read(subscription)),
      settle: (group, settled) => this.#settle(group, settled),
    });
  }

  /** Whether records are in flight or suspected: a failure may be theirs. */
  get any(): boolean {
    return this.#underWay.size > 0 || this.#attempts.size > 0;
  }

  /** The topology failed and ended. */
  failed(error: unknown): void {
    const underWay = [...this.#underWay];
    this.#underWay.clear();
    if (error instanceof LetheError && error.retriable) return;
    this.#failure = toLetheError(error);
    const attempt = underWay.length === 1 ? 1 : 0;
    for (const position of underWay)
      this.#attempts.set(position, (this.#attempts.get(position) ?? 0) + attempt);
  }

  /** The topology has run for long without a failure: nothing is suspected any more. */
  acquit(): void {
    this.#attempts.clear();
    this.#proceed();
  }

  #read(subscription: Subscription): Observable<LogRecord> {
    return new Observable((subscriber) => {
      const waiting: LogRecord[] = [];
      let completed = false;
      const proceed = (): void => {
        while (this.#mayGive()) {
          const record = waiting.shift();
          if (!record) break;
          const position = positionOf(record);
          this.#underWay.add(position);
          if ((this.#attempts.get(position) ?? 0) < ATTEMPTS) subscriber.next(record);
          else this.#putAside(record, subscription.group).catch((error: unknown) => subscriber.error(error));
        }
        if (completed && waiting.length === 0) subscriber.complete();
      };
      this.#turns.add(proceed);
      subscriber.add(() => this.#turns.delete(proceed));
      subscriber.add(
        this.#source.read(subscription).subscribe({
          next: (record) => {
            waiting.push(record);
            proceed();
          },
          error: (error: unknown) => subscriber.error(error),
          complete: () => {
            completed = true;
            proceed();
          },
        }),
      );
    });
  }

  /** Emits one at a time while there are suspects. */
  #mayGive(): boolean {
    return this.#attempts.size === 0 || this.#underWay.size === 0;
  }

  async #settle(group: string, settled: readonly Settled[]): Promise<readonly LogRecord[]> {
    const lost = await this.#source.settle(group, settled);
    for (const { input } of settled) {
      this.#underWay.delete(positionOf(input));
      this.#attempts.delete(positionOf(input));
    }
    this.#proceed();
    return lost;
  }

  #proceed(): void {
    for (const proceed of [...this.#turns]) proceed();
  }

  async #putAside(record: LogRecord, group: string): Promise<void> {
    const error = failedAt(record, this.#failure);
    const lost = await this.#settle(group, [
      { input: record, outputs: [deadLetter(record, error, this.#deadLetters)] },
    ]);
    if (lost.length > 0) return;
    this.tell({ kind: 'dead-letter', code: error.code, message: error.message, source: record });
  }
}

function failedAt(record: LogRecord, failure: LetheError | undefined): LetheError {
  return new LetheError(
    failure?.code ?? 'internal',
    `Lethe failed ${ATTEMPTS} times at the record ${positionOf(record)}: ${failure?.message ?? 'for no known reason'}`,
    {
      field: failure?.field,
      value: failure?.value,
      remedy:
        'Report it with the log lines around it. Then replay this dead letter with a corrected version.',
      cause: failure,
    },
  );
}
