import type { z } from 'zod';
import { LetheError, type ReasonCode } from './errors.js';
import { shownJson } from './shownJson.js';

/** How input that does not fit its schema is refused. */
export interface RefusalOptions {
  readonly code: ReasonCode;
  /** What is being parsed, as the message names it, e.g. `the sample`. */
  readonly subject: string;
  readonly remedy: string;
  /** Put before the path of the offending field, e.g. `data.`. */
  readonly prefix?: string;
}

/**
 * Parses `input`; one that does not fit is refused with the first offending field, its value and the remedy.
 * @throws LetheError of `options.code`
 */
export function parseOrRefuse<S extends z.ZodType>(
  schema: S,
  input: unknown,
  options: RefusalOptions,
): z.infer<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path ?? [];
  const field =
    path.length > 0 ? `${options.prefix ?? ''}${path.join('.')}` : options.prefix?.replace(/\.$/, '');
  const value = described(valueAt(input, path));
  throw new LetheError(
    options.code,
    `${options.subject} is not valid: ${field ? `${field}: ` : ''}${issue?.message}`,
    {
      ...(field ? { field } : {}),
      value,
      remedy: options.remedy,
      cause: result.error,
    },
  );
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    input,
  );
}

/** The value as text for an error; binary data and functions are named by their kind only. */
function described(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string') return value;
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  return shownJson(value);
}
