import { shownJson } from './shownJson.js';

/** Every reason for which Lethe refuses something. Stable: dead letters, events and metrics carry these codes. */
export const REASON_CODES = [
  'invalid-message',
  'unknown-command',
  'unknown-class',
  'class-known',
  'class-not-learned',
  'class-unlearned',
  'sample-unlearned',
  'class-erased',
  'class-erasing',
  'not-erased',
  'unknown-worker',
  'ambiguous-vote',
  'wrong-dimension',
  'invalid-vector',
  'empty-payload',
  'unsupported-format',
  'image-too-large',
  'image-corrupt',
  'text-too-large',
  'invalid-text',
  'duplicate-id',
  'task-timeout',
  'training-failed',
  'rebuild-refused',
  'no-model',
  'checkpoint-corrupt',
  'embedder-invalid',
  'config-invalid',
  'learner-replaced',
  'download-corrupt',
  'disk-full',
  'records-lost',
  'backend-unavailable',
  'overloaded',
  'unreachable',
  'timed-out',
  'audit-broken',
  'internal',
] as const;

/** A stable, machine-readable reason. */
export type ReasonCode = (typeof REASON_CODES)[number];

/** What a {@link LetheError} says beside its message. */
export interface ErrorDetails {
  /** The offending field, as a dotted path, e.g. `classes.0` or `datacontenttype`. */
  readonly field?: string | undefined;
  /** The offending value, shortened so that it never carries a payload. */
  readonly value?: string | undefined;
  /** What the user can do about it. */
  readonly remedy: string;
  /** Evidence that led to the refusal, e.g. the votes of an ambiguous unlearning request. */
  readonly evidence?: Readonly<Record<string, unknown>> | undefined;
  /** Whether the same request may succeed later without being changed. */
  readonly retriable?: boolean;
  readonly cause?: unknown;
}

/** The JSON form of a {@link LetheError}, as events and dead letters carry it. */
export interface SerialisedError {
  readonly code: ReasonCode;
  readonly message: string;
  readonly remedy: string;
  readonly field?: string | undefined;
  readonly value?: string | undefined;
  readonly evidence?: Readonly<Record<string, unknown>> | undefined;
}

/** The one error type of Lethe: code, message, field, value and remedy. */
export class LetheError extends Error {
  override readonly name = 'LetheError';
  readonly code: ReasonCode;
  readonly field: string | undefined;
  readonly value: string | undefined;
  readonly remedy: string;
  readonly evidence: Readonly<Record<string, unknown>> | undefined;
  readonly retriable: boolean;

  constructor(code: ReasonCode, message: string, details: ErrorDetails) {
    super(bounded(message), details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.field = details.field === undefined ? undefined : shorten(details.field);
    this.value = details.value === undefined ? undefined : shorten(details.value);
    this.remedy = bounded(details.remedy);
    this.evidence = details.evidence && boundedEvidence(details.evidence);
    this.retriable = details.retriable ?? false;
  }

  /** The error as plain JSON for events, dead letters and `--json` output. */
  toJSON(): SerialisedError {
    return {
      code: this.code,
      message: this.message,
      remedy: this.remedy,
      field: this.field,
      value: this.value,
      evidence: this.evidence,
    };
  }
}

/**
 * An error in the JSON form that events, dead letters and threads carry. A thrown error loses its class on these
 * ways.
 */
export function revived({ code, message, ...details }: SerialisedError): LetheError {
  return new LetheError(code, message, details);
}

/** Wraps anything thrown as a {@link LetheError}; one that already is comes back unchanged. */
export function toLetheError(thrown: unknown, code: ReasonCode = 'internal'): LetheError {
  if (thrown instanceof LetheError) return thrown;
  const message =
    thrown instanceof Error ? thrown.message : typeof thrown === 'string' ? thrown : shownJson(thrown);
  return new LetheError(code, message, {
    remedy: 'This is unexpected: report it with the log lines around it.',
    cause: thrown,
  });
}

/** Largest number of characters in the texts of an error: topics limit the size of records. */
const LONGEST_VALUE = 120;
const LONGEST_TEXT = 1000;
const LONGEST_EVIDENCE = 4000;

function shorten(text: string, longest = LONGEST_VALUE): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 3)}...`;
}

/** Shortens a text that may contain foreign input, or long lists of known names. */
function bounded(text: string): string {
  return shorten(text, LONGEST_TEXT);
}

function boundedEvidence(evidence: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const json = shownJson(evidence);
  return json.length <= LONGEST_EVIDENCE ? evidence : { shortened: shorten(json, LONGEST_EVIDENCE) };
}
