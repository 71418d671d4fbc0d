import { z } from 'zod';
import { REASON_CODES } from '../errors.js';
import { sha256Schema } from './audit.js';

const count = z.coerce.number().int().nonnegative();

/**
 * The headers that a dead letter carries beside those of the record it came from; the value is that record's, unchanged,
 * but where `lethe-value-sha256` says that it was left out.
 */
export const deadLetterHeadersSchema = z.object({
  'lethe-topic': z.string(),
  'lethe-partition': z.coerce.number().int(),
  'lethe-offset': z.string(),
  'lethe-reason': z.enum(REASON_CODES),
  'lethe-message': z.string(),
  'lethe-remedy': z.string(),
  'lethe-time': z.iso.datetime(),
  /** The first of several records that could not be opened together; `lethe-offset` is the last. */
  'lethe-first-offset': z.string().optional(),
  /** The value was left out, since the letter was too large for its topic, or the records could not be opened: its SHA-256, */
  'lethe-value-sha256': sha256Schema.optional(),
  /** and its size. */
  'lethe-value-bytes': count.optional(),
  /** So many bytes had the key, which was left out, too. */
  'lethe-key-bytes': count.optional(),
  /** So many headers of the record were left out, too. */
  'lethe-headers-left-out': count.optional(),
});
export type DeadLetterHeaders = z.infer<typeof deadLetterHeadersSchema>;
