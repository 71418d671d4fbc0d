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
import { BrokenDataError, NotDurableError, NotVerifiedError, WentBackError } from './brokenData.js';
import type { RedisNeed } from './options.js';

const CONNECTION_ERRORS = [
  ClientClosedError,
  ClientOfflineError,
  ConnectionTimeoutError,
  DisconnectsClientError,
  SocketClosedUnexpectedlyError,
  SocketTimeoutError,
];
const ACCESS_REPLIES = /^(WRONGPASS|NOAUTH|NOPERM|ERR AUTH)\b/;
const TLS_CODES = /^(ERR_SSL|ERR_TLS|EPROTO|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/;
const ACCESS_REMEDY =
  'Set stores.redis.username and stores.redis.password to a user with the permissions of config/security/redis-users.acl.';

/** The code of a reply; of an error that a script of Redis 6 hands on it stands behind a dash. */
const codes = (names: string): RegExp => new RegExp(`^(?:ERR Error running script.*?-)?(?:${names})\\b`);
/**
 * Replies that say what Redis lacks, not what is wrong with the command: it may succeed when it is sent again. What they
 * mean is said in words, since not everybody knows the codes.
 */
const PASSING_REPLIES: readonly { readonly need: RedisNeed; readonly is: RegExp; readonly words: string }[] =
  [
    { need: 'writes', is: codes('OOM'), words: 'Redis is out of memory' },
    { need: 'writes', is: codes('MISCONF'), words: 'Redis cannot write to its disk' },
    { need: 'writes', is: codes('READONLY'), words: 'Redis is a replica that accepts no writes' },
    { need: 'writes', is: codes('NOREPLICAS'), words: 'Redis has too few replicas' },
    { need: 'replies', is: codes('LOADING'), words: 'Redis loads its data' },
    { need: 'replies', is: codes('BUSY'), words: 'Redis is busy with a script' },
    {
      need: 'replies',
      is: codes('MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOMASTERLINK'),
      words: 'Redis can not serve',
    },
    // Of a transaction; which of the above it was, its parts said.
    { need: 'replies', is: codes('EXECABORT'), words: 'Redis can not serve' },
    { need: 'replies', is: /max number of clients/, words: 'Redis has too many clients' },
    {
      need: 'data',
      is: /^(?:ERR Error running script.*?)?(?:-?WRONGTYPE\b|(?:ERR )?(?:hash )?value is not an integer)/,
      words: 'another program wrote to the keys of Lethe',
    },
  ];
/** What a search says whose index is gone or is another one; some of it is of Redis 8. */
const INDEX_REPLIES =
  /no such index|unknown index|index not found|vector blob size|unknown field|unknown command|SEARCH_INDEX_NOT_FOUND/i;

/** What Redis lacks, in a word and in words. */
export interface Lack {
  readonly need: RedisNeed;
  readonly why: string;
}

/** What Redis lacks for a command that failed; undefined where it is no lack that passes. */
export function lackOf(error: unknown): Lack | undefined {
  if (error instanceof WentBackError || error instanceof NotVerifiedError)
    return { need: 'history', why: `${error.message}. ${error.remedy}` };
  if (error instanceof NotDurableError)
    return { need: 'durability', why: `${error.message}. ${error.remedy}` };
  if (error instanceof BrokenDataError) return { need: 'data', why: `${error.message}. ${error.remedy}` };
  if (!(error instanceof ErrorReply)) return undefined;
  const known = PASSING_REPLIES.find(({ is }) => is.test(error.message));
  return known && { need: known.need, why: `${known.words}: ${error.message}` };
}

/** Whether a search failed since its index is gone, or is another one. */
export function isIndexReply(reply: ErrorReply): boolean {
  return INDEX_REPLIES.test(reply.message);
}

/** The reply of Redis that an error is, or was made of. */
export function replyIn(error: unknown): ErrorReply | undefined {
  if (error instanceof ErrorReply) return error;
  return error instanceof LetheError && error.cause instanceof ErrorReply ? error.cause : undefined;
}

/** Whether the same commands may succeed when they are sent again to a Redis that came back. */
export function isTransient(error: unknown): boolean {
  if (lackOf(error)) return true;
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
  if (isAccessError(error)) return accessError(error);
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
  return new LetheError('config-invalid', `can't reach Redis: ${textOf(error)}`, {
    field: 'stores.redis.url',
    value: withoutPassword(url),
    remedy: `Start Redis Stack (or Redis 8), or correct stores.redis.url. ${hint}`,
    retriable: true,
    cause: error,
  });
}

/** What Redis answered to a command of a worker at work, where waiting does not help, or not for sure. */
export function commandError(error: unknown): unknown {
  if (!(error instanceof ErrorReply)) return error;
  if (isAccessError(error)) return accessError(error);
  return new LetheError('backend-unavailable', `Redis refused a command: ${error.message}`, {
    field: 'stores.redis',
    remedy: 'Check the log of Redis. Lethe tries again.',
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

function accessError(error: unknown): LetheError {
  return new LetheError('config-invalid', `Redis refuses access: ${textOf(error)}`, {
    field: 'stores.redis.password',
    remedy: ACCESS_REMEDY,
    cause: error,
  });
}

function withoutPassword(text: string): string {
  const url = new URL(text);
  url.password = '';
  return url.href;
}
