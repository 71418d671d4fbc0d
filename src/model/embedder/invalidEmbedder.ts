import { LetheError } from '../../domain/errors.js';

/** An `embedder-invalid` error: what is wrong with which field of the embedder's description. */
export function invalidEmbedder(
  field: string,
  value: string,
  message: string,
  details: { readonly remedy: string; readonly cause?: unknown },
): LetheError {
  return new LetheError('embedder-invalid', `embedder ${field} ${value}: ${message}`, {
    field: `embedder.${field}`,
    value,
    ...details,
  });
}

/** The first line of what was thrown by a runtime. */
export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
