import { z } from 'zod';
import { REASON_CODES } from '../errors.js';

/** The headers that a dead letter carries beside those of the record it came from; the value is that record's, unchanged. */
export const deadLetterHeadersSchema = z.object({
  'lethe-topic': z.string(),
  'lethe-partition': z.coerce.number().int(),
  'lethe-offset': z.string(),
  'lethe-reason': z.enum(REASON_CODES),
  'lethe-message': z.string(),
  'lethe-remedy': z.string(),
  'lethe-time': z.iso.datetime(),
});
export type DeadLetterHeaders = z.infer<typeof deadLetterHeadersSchema>;
