import type { LetheError } from '../domain/errors.js';
import type { DeadLetterHeaders } from '../domain/messages/deadLetter.js';
import type { LogRecord, OutgoingRecord } from '../domain/record.js';

/** The record as a dead letter: its own key, bytes and headers, and why it was refused; it can be replayed as it is. */
export function deadLetter(record: LogRecord, error: LetheError, topic: string): OutgoingRecord {
  const why: Record<keyof DeadLetterHeaders, string> = {
    'lethe-topic': record.topic,
    'lethe-partition': String(record.partition),
    'lethe-offset': String(record.offset),
    'lethe-reason': error.code,
    'lethe-message': error.message,
    'lethe-remedy': error.remedy,
    'lethe-time': new Date().toISOString(),
  };
  return { topic, key: record.key, value: record.value, headers: { ...record.headers, ...why } };
}
