import {
  ClientClosedError,
  ClientOfflineError,
  ConnectionTimeoutError,
  DisconnectsClientError,
  ErrorReply,
  SocketClosedUnexpectedlyError,
  SocketTimeoutError,
} from 'redis';
import { LetheError } from '../../domain/errors.js';

const CONNECTION_ERRORS = [
  ClientClosedError,
  ClientOfflineError,
  ConnectionTimeoutError,
  DisconnectsClientError,
  SocketClosedUnexpectedlyError,
  SocketTimeoutError,
];
const PASSING_REPLIES = /^(LOADING|READONLY|TRYAGAIN|CLUSTERDOWN|MASTERDOWN|BUSY) /;
const ACCESS_REPLIES = /^(WRONGPASS|NOAUTH|NOPERM|ERR AUTH)\b/;
const TLS_CODES = /^(ERR_SSL|ERR_TLS|EPROTO|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/;
const ACCESS_REMEDY =
  'Set stores.redis.username and stores.redis.password to a user with the rights of config/security/redis-users.acl.';

/** Whether the same commands may succeed when they are sent again to a Redis that came back. */
export function isTransient(error: unknown): boolean {
  if (error instanceof ErrorReply) return PASSING_REPLIES.test(error.message);
  if (CONNECTION_ERRORS.some((kind) => error instanceof kind)) return true;
  // Of the socket: ECONNRESET, ECONNREFUSED, EPIPE, ...
  return error instanceof Error && 'syscall' in error;
}

export function isAccessError(error: unknown): boolean {
  return error instanceof Error && ACCESS_REPLIES.test(error.message);
}

/** Whether TLS ended since one does not trust the other: no retry mends that. */
export function isTlsError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && TLS_CODES.test(String(error.code));
}

/** What went wrong at the start, as the fault of the setting that it comes from. */
export function startError(error: unknown, url: string): unknown {
  if (error instanceof LetheError) return error;
  if (isAccessError(error)) {
    const { message } = error as Error;
    return new LetheError('config-invalid', `Redis refuses access: ${message}`, {
      field: 'stores.redis.password',
      remedy: ACCESS_REMEDY,
      cause: error,
    });
  }
  if (isTlsError(error)) {
    return new LetheError('config-invalid', `no TLS connection to Redis: ${textOf(error)}`, {
      field: 'stores.redis.ca',
      remedy: 'Set stores.redis.ca to the PEM file of the authority that signed the certificate of Redis.',
      cause: error,
    });
  }
  if (!isTransient(error)) return error;
  const hint = url.startsWith('rediss:')
    ? 'If it listens there without TLS, write redis://.'
    : 'If it listens there with TLS, write rediss://.';
  return new LetheError('config-invalid', `Redis cannot be reached: ${textOf(error)}`, {
    field: 'stores.redis.url',
    value: withoutPassword(url),
    remedy: `Start Redis Stack (or Redis 8), or correct stores.redis.url. ${hint}`,
    retriable: true,
    cause: error,
  });
}

/** The settings say something else than what Redis has. */
export function mismatch(field: string, message: string, value: string, remedy: string): LetheError {
  return new LetheError('config-invalid', message, { field, value, remedy });
}

/** An error in words; those of the socket may have an empty message. */
export function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || ('code' in error ? String(error.code) : error.name);
}

function withoutPassword(text: string): string {
  const url = new URL(text);
  url.password = '';
  return url.href;
}
