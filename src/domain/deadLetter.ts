import { sha256 } from './auditChain.js';
import type { LetheError } from './errors.js';
import type { DeadLetterHeaders } from './messages/deadLetter.js';
import type { LogRecord, OutgoingRecord } from './record.js';
import { TRACE_HEADERS } from './traceHeaders.js';
import { WAIT_ID } from './waitId.js';

/** Lethe's own headers of a dead letter. Headers of the record that begin in the same way are not its own. */
type Why = { readonly [Name in keyof DeadLetterHeaders]: string };
const OURS = 'lethe-';

/** Largest size of the headers that a smaller letter keeps of the record, in bytes. */
const LARGEST_KEY = 1024;
const LARGEST_HEADER = 1024;
const LARGEST_HEADERS = 8192;
/** Headers to keep first: those that identify the message, class and person, and the encoding. */
const TELLING = [
  'ce_id',
  'ce_type',
  'ce_source',
  'ce_specversion',
  'ce_label',
  'ce_subject',
  'ce_task',
  'ce_truth',
  'ce_actor',
  'ce_time',
  'content-type',
  WAIT_ID,
  ...TRACE_HEADERS,
];

/**
 * The record as a dead letter: its own key, bytes and headers, and the reason; it can be replayed as it is. If that
 * is too large for the log, a smaller letter replaces it, with size and hash and without the value. No record makes
 * the smaller letter too large.
 */
export function deadLetter(record: LogRecord, error: LetheError, topic: string): OutgoingRecord {
  const { key, value, unreadable } = record;
  const why: Why = {
    'lethe-topic': record.topic,
    'lethe-partition': String(record.partition),
    'lethe-offset': String(record.offset),
    ...(unreadable && { 'lethe-first-offset': String(unreadable.firstOffset) }),
    'lethe-reason': error.code,
    'lethe-message': error.message,
    'lethe-remedy': error.remedy,
    'lethe-time': new Date().toISOString(),
    ...(unreadable && leftOut(unreadable.bytes, unreadable.sha256)),
  };
  const headers = { ...Object.fromEntries(ownHeaders(record)), ...why };
  return { topic, key, value, headers, smaller: () => smallerLetter(record, why, topic) };
}

/**
 * A dead letter as it is written again. Like {@link deadLetter}, it becomes smaller if the limit of the topic was
 * lowered since.
 */
export function letterAgain(letter: LogRecord): OutgoingRecord {
  const { topic, key, value, headers } = letter;
  const why = Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith(OURS)));
  return { topic, key, value, headers, smaller: () => smallerLetter(letter, why, topic) };
}

function smallerLetter(
  record: LogRecord,
  why: Readonly<Record<string, string>>,
  topic: string,
): OutgoingRecord {
  const { key, value } = record;
  const own = ownHeaders(record);
  const kept = fitting(own);
  const keyBytes = Buffer.byteLength(key ?? '');
  const isLong = keyBytes > LARGEST_KEY;
  const less: Partial<Why> = {
    ...leftOut(value.length, sha256(value)),
    ...(isLong && { 'lethe-key-bytes': String(keyBytes) }),
    ...(kept.length < own.length && { 'lethe-headers-left-out': String(own.length - kept.length) }),
  };
  return {
    topic,
    key: isLong ? null : key,
    value: Buffer.alloc(0),
    // A batch that could not be opened has said already what was left out.
    headers: { ...Object.fromEntries(kept), ...less, ...why },
  };
}

function leftOut(bytes: number, hash: string): Pick<Why, 'lethe-value-bytes' | 'lethe-value-sha256'> {
  return { 'lethe-value-bytes': String(bytes), 'lethe-value-sha256': hash };
}

type Header = readonly [name: string, content: string];

function ownHeaders({ headers }: LogRecord): Header[] {
  return Object.entries(headers).filter(([name]) => !name.startsWith(OURS));
}

/** The telling ones, then as many of the others as there is room for. */
function fitting(headers: readonly Header[]): Header[] {
  const isTelling = ([name]: Header): boolean => TELLING.includes(name);
  const inOrder = [...headers.filter(isTelling), ...headers.filter((header) => !isTelling(header))];
  let room = LARGEST_HEADERS;
  return inOrder.filter(([name, content]) => {
    const bytes = Buffer.byteLength(name) + Buffer.byteLength(content);
    if (bytes > Math.min(room, LARGEST_HEADER)) return false;
    room -= bytes;
    return true;
  });
}
