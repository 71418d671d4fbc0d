import type { OperatorFunction } from 'rxjs';
import { deadLetter } from '../domain/deadLetter.js';
import { LetheError } from '../domain/errors.js';
import { type LogRecord, type OutgoingRecord, positionOf, recordBytes } from '../domain/record.js';
import type { Flow } from './flow.js';
import { mapInBatches } from './mapInBatches.js';
import { type Probe, timedAsync } from './probe.js';

/** Writes outputs and marks inputs as done, both or neither: the part of the event log that publishing needs. */
export interface Settlement {
  /** @returns the inputs that now belong to another reader; nothing was written for them */
  settle(
    group: string,
    settled: readonly { readonly input: LogRecord; readonly outputs: readonly OutgoingRecord[] }[],
  ): Promise<readonly LogRecord[]>;
}

/** Targets of results and refusals. */
export interface Publishing<T> {
  readonly log: Settlement;
  readonly group: string;
  readonly deadLetters: string;
  readonly batchSize: number;
  readonly probe: Probe;
  /** The records of a result; none if its effect is elsewhere (a stored vector). */
  readonly toRecords: (value: T, source: LogRecord) => readonly OutgoingRecord[];
}

/**
 * Ends a pipeline: writes results and dead letters in the transaction that settles their source records. Emits what
 * was written, afterwards.
 */
export function publish<T>(options: Publishing<T>): OperatorFunction<Flow<T>, Flow<T>> {
  const { deadLetters, toRecords } = options;
  const outputOf = (item: Flow<T>): readonly OutgoingRecord[] =>
    item.ok
      ? toRecords(item.value, item.source).map((output) => orDeadLetter(output, item.source, deadLetters))
      : [deadLetter(item.source, item.error, deadLetters)];
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

/** Every result topic must accept records of this size: answers, and results of ordinary commands. */
export const ORDINARY_RESULT_BYTES = 2 ** 16;

/**
 * What happens if the log does not accept the result. For an ordinary result, the limit of the topic is wrong: the
 * result waits until the topic accepts it, and no record is refused. For a larger one, the record is the cause and
 * becomes a dead letter. A result with a smaller form takes that first.
 */
function orDeadLetter(output: OutgoingRecord, source: LogRecord, deadLetters: string): OutgoingRecord {
  const { smaller } = output;
  if (smaller) return { ...output, smaller: () => orDeadLetter(smaller(), source, deadLetters) };
  if (recordBytes(output) <= ORDINARY_RESULT_BYTES) return { ...output, mustFit: true };
  return { ...output, smaller: () => deadLetter(source, tooLargeResult(output, source), deadLetters) };
}

function tooLargeResult(output: OutgoingRecord, source: LogRecord): LetheError {
  const bytes = recordBytes(output);
  return new LetheError(
    'config-invalid',
    `the result of the record ${positionOf(source)} has ${bytes} bytes, more than the topic ${output.topic} allows`,
    {
      field: 'max.message.bytes',
      value: output.topic,
      remedy: 'Raise max.message.bytes of the topic, then replay this dead letter.',
    },
  );
}
