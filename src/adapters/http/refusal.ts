import type { Context } from 'hono';
import { z } from 'zod';
import { ACCESS_CODES, type AccessCode, helpOf } from '../../domain/errorCatalogue.js';
import { type LetheError, REASON_CODES, type ReasonCode, type SerialisedError } from '../../domain/errors.js';

/** The body of every response that refuses a request: the error as JSON. */
export const refusalSchema = z.object({
  error: z.object({
    code: z.enum([...REASON_CODES, ...ACCESS_CODES]),
    message: z.string(),
    remedy: z.string().min(1),
    field: z.string().optional(),
    value: z.string().optional(),
    /** Where the catalogue of errors explains the code. */
    help: z.string().optional(),
  }),
});

type Status = 400 | 404 | 405 | 408 | 409 | 413 | 415 | 500 | 503;

/** All other codes get status 400. */
const STATUS_OF: Partial<Record<ReasonCode, Status>> = {
  'timed-out': 408,
  'image-too-large': 413,
  'unsupported-format': 415,
  'no-model': 409,
  overloaded: 503,
  'disk-full': 503,
  unreachable: 503,
  internal: 500,
};
const RETRY_AFTER_SECONDS = '1';

/** The usual status of a response that refuses a request with this code. */
export function statusOf(code: ReasonCode): Status {
  return STATUS_OF[code] ?? 400;
}

/** An error as a response carries it. */
type RefusedError = Omit<SerialisedError, 'code'> & { readonly code: ReasonCode | AccessCode };

/** The body of a response that refuses a request. */
export function refusalBody<E extends RefusedError>(
  error: E,
): { readonly error: E & { readonly help: string } } {
  return { error: { ...error, help: helpOf(error.code) } };
}

/** Responds to a request with the reason why it was refused. */
export function refuse(context: Context, error: LetheError, status: Status = statusOf(error.code)): Response {
  if (status === 408) context.header('connection', 'close');
  else if (error.retriable) context.header('retry-after', RETRY_AFTER_SECONDS);
  return context.json(refusalBody(error.toJSON()), status);
}
