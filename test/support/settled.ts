import type { Settled } from '../../src/adapters/eventLog.js';
import type { LogRecord, OutgoingRecord } from '../../src/domain/record.js';

/** The inputs as settled, with the outputs written because of the last of them. */
export function settled(
  inputs: readonly LogRecord[],
  outputs: readonly OutgoingRecord[] = [],
): readonly Settled[] {
  return inputs.map((input, index) => ({ input, outputs: index === inputs.length - 1 ? outputs : [] }));
}
