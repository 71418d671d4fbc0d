import type { Context } from 'hono';
import { LetheError } from '../../domain/errors.js';
import { parameterOf } from './parameters.js';

/** How long a request waits for the result of its message. */
export interface WaitFor {
  readonly ms: number;
  /** The response header `preference-applied` (RFC 7240, section 3). */
  readonly applied: string;
}

/** `5`, `5s`, `0.5s` or `500ms`. */
const DURATION = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s)?$/;
/** `wait=5` of the header `prefer`; it has no parameters, and others are skipped (RFC 7240, section 2). */
const PREFERENCE = /^([\w!#$%&'*+.^`|~-]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^\s;"]*))?\s*(?:;.*)?$/s;

/**
 * How long the request wants to wait, at most `longestMs`; undefined if it does not ask for it. `?wait=5s` has
 * priority over `Prefer: wait=5` (RFC 7240, section 4.3), whose unreadable values are ignored, as the RFC requires.
 * `wait` without a time means the longest time.
 * @throws LetheError `invalid-message` for a parameter that is no time
 */
export function waitFor(context: Context, longestMs: number): WaitFor | undefined {
  const parameter = parameterOf(context, 'wait');
  const asked = parameter === undefined ? preferredMs(context.req.header('prefer')) : msOf(parameter);
  if (asked === undefined || asked === 0) return undefined;
  const ms = Math.min(asked, longestMs);
  // Whole seconds are all that the RFC knows.
  return { ms, applied: `wait=${Math.ceil(ms / 1000)}` };
}

/** Milliseconds of the parameter. @throws LetheError `invalid-message` */
function msOf(text: string): number {
  if (text === '') return Number.POSITIVE_INFINITY;
  const [, number, unit] = DURATION.exec(text) ?? [];
  if (number !== undefined) return Number(number) * (unit === 'ms' ? 1 : 1000);
  throw new LetheError('invalid-message', `can't wait for "${text}"`, {
    field: 'wait',
    value: text,
    remedy: 'Use wait=5s or wait=500ms, or omit it to get 202 immediately.',
  });
}

/** Only the first `wait` counts. */
function preferredMs(header: string | undefined): number | undefined {
  for (const preference of splitUnquoted(header ?? '')) {
    const [, name = '', value] = PREFERENCE.exec(preference.trim()) ?? [];
    if (name.toLowerCase() !== 'wait') continue;
    const seconds = value?.replaceAll('"', '') ?? '';
    if (seconds === '') return Number.POSITIVE_INFINITY;
    return /^\d{1,9}$/.test(seconds) ? Number(seconds) * 1000 : undefined;
  }
  return undefined;
}

/** The elements of a list (RFC 9110, section 5.6.1); a comma inside of quotes is part of its element. */
function splitUnquoted(list: string): string[] {
  return list.match(/(?:"(?:[^"\\]|\\.)*"|[^,"]|")+/gs) ?? [];
}
