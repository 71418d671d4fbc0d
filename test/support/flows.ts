import { from, lastValueFrom, type OperatorFunction, toArray } from 'rxjs';
import type { LogRecord } from '../../src/domain/record.js';
import { accepted, type Flow } from '../../src/operators/flow.js';
import type { Probe } from '../../src/operators/probe.js';
import { EMPTY_RECORD } from './emptyRecord.js';

/** A record that says nothing, at an offset of its own. */
export function recordAt(offset: number, changes: Partial<LogRecord> = {}): LogRecord {
  return { ...EMPTY_RECORD, offset: BigInt(offset), ...changes };
}

/** What an operator makes of items that come together. */
export function through<I, O>(items: readonly I[], operator: OperatorFunction<I, O>): Promise<O[]> {
  return lastValueFrom(from(items).pipe(operator, toArray()));
}

/** Values as they are accepted, from records at offsets 0, 1 and so on. */
export function allAccepted<T>(values: readonly T[]): Flow<T>[] {
  return values.map((value, index) => accepted(value, recordAt(index)));
}

/** The value, or the code of the refusal. */
export function shown<T>(items: readonly Flow<T>[]): (T | string)[] {
  return items.map((item) => (item.ok ? item.value : item.error.code));
}

/** A probe that keeps what it is told: stage and offsets. */
export function notingProbe() {
  const noted: string[] = [];
  const seconds: number[] = [];
  const probe: Probe = {
    stage: (stage, time, sources) => {
      noted.push(`${stage} ${sources.map(({ offset }) => offset).join(',')}`);
      seconds.push(time);
    },
  };
  return { probe, noted, seconds };
}
