import { LetheError } from '../../domain/errors.js';
import { type OutgoingRecord, recordBytes } from '../../domain/record.js';
import type { EventLog } from '../eventLog.js';

/**
 * Refuses what the log would refuse, before it is said to be accepted.
 * @throws LetheError `image-too-large`: the record is larger than its topic takes
 */
export async function refuseUncarried(
  record: OutgoingRecord,
  log: Pick<EventLog, 'largestRecord'>,
): Promise<void> {
  const { topic } = record;
  const largest = await log.largestRecord(topic);
  const bytes = recordBytes(record);
  if (bytes <= largest) return;
  throw new LetheError(
    'image-too-large',
    `the message has ${bytes} bytes with its headers; the topic ${topic} allows ${largest}`,
    {
      field: 'body',
      value: `${record.value.length} bytes`,
      remedy: `Send a smaller one, or raise max.message.bytes of ${topic} (\`lethe topics check\` says how).`,
    },
  );
}
