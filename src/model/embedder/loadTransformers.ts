import { LetheError } from '../../domain/errors.js';

/** Transformers.js, which only those install who embed texts: see docs/decisions/0037-texts.md. */
export type Transformers = typeof import('@huggingface/transformers');

/** @throws LetheError `backend-unavailable` where it is not installed */
export async function loadTransformers(): Promise<Transformers> {
  try {
    return await import('@huggingface/transformers');
  } catch (cause) {
    const why = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    throw new LetheError('backend-unavailable', `Transformers.js can't be loaded: ${why}`, {
      field: 'embedder.kind',
      value: 'text',
      remedy: 'Install it beside lethe: npm install @huggingface/transformers',
      cause,
    });
  }
}
