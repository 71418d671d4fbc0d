import { LetheError } from '../../domain/errors.js';
import { type OutgoingRecord, recordBytes } from '../../domain/record.js';
import type { EventLog } from '../eventLog.js';

/**
 * Refuses a message that the log would refuse, before the gateway reports it as accepted.
 * @throws LetheError `image-too-large` if the record is larger than its topic accepts
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
