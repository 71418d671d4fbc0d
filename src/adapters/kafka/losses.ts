import { LetheError } from '../../domain/errors.js';
import type { Loss } from '../eventLog.js';
import type { Kept } from './offsets.js';

export type { Loss };

/**
 * Offsets before the start of the log that a group has not read.
 * @param position the position of the group; `undefined` if it has never read
 */
export function lostIn({ low }: Kept, position = 0n): Pick<Loss, 'from' | 'to'> | undefined {
  return position < low ? { from: position, to: low } : undefined;
}

/** The error for a group that must not miss records. */
export function lostError({ group, topic, partition, from, to }: Loss): LetheError {
  return new LetheError(
    'records-lost',
    `offsets ${from} to ${to - 1n} of ${topic}/${partition} were deleted before ${group} read them`,
    {
      field: 'transport.topics',
      value: `${topic}/${partition}`,
      remedy:
        'Find out who deleted them (retention.ms, kafka-delete-records.sh) and what they contained. Send the missing commands again, ' +
        'then accept the loss with `lethe topics accept-loss`.',
      retriable: true,
    },
  );
}
