import type { OperatorFunction } from 'rxjs';
import type { LogRecord, OutgoingRecord } from '../domain/record.js';
import { deadLetter } from './deadLetter.js';
import type { Flow } from './flow.js';
import { mapInBatches } from './mapInBatches.js';
import { type Probe, timedAsync } from './probe.js';

/** Writes outputs and marks inputs as done, both or neither: the part of the event log that publishing needs. */
export interface Settlement {
  /** @returns the inputs that another reader has to deal with now; nothing was written for them */
  settle(
    group: string,
    settled: readonly { readonly input: LogRecord; readonly outputs: readonly OutgoingRecord[] }[],
  ): Promise<readonly LogRecord[]>;
}

/** Where results and refusals go. */
export interface Publishing<T> {
  readonly log: Settlement;
  readonly group: string;
  readonly deadLetters: string;
  readonly batchSize: number;
  readonly probe: Probe;
  /** The records that tell of a result; none where the effect is elsewhere (a stored vector). */
  readonly toRecords: (value: T) => readonly OutgoingRecord[];
}

/**
 * Ends a pipeline: results and dead letters are written in the transaction that settles the records they came
 * from. Emits what was written, after it was.
 */
export function publish<T>(options: Publishing<T>): OperatorFunction<Flow<T>, Flow<T>> {
  const outputOf = (item: Flow<T>): readonly OutgoingRecord[] =>
    item.ok ? options.toRecords(item.value) : [deadLetter(item.source, item.error, options.deadLetters)];
  return mapInBatches(options.batchSize, async (items) => {
    const settled = items.map((item) => ({ input: item.source, outputs: outputOf(item) }));
    const lost = await timedAsync(
      options.probe,
      'publish',
      items.map(({ source }) => source),
      () => options.log.settle(options.group, settled),
    );
    return lost.length === 0 ? items : items.filter((item) => !lost.includes(item.source));
  });
}
