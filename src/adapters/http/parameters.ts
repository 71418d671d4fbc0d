import type { Context } from 'hono';
import { LetheError } from '../../domain/errors.js';

/**
 * A parameter of the URL.
 * @throws LetheError `invalid-message` if it occurs twice
 */
export function parameterOf({ req }: Context, name: string): string | undefined {
  const [value, ...more] = req.queries(name) ?? [];
  if (more.length === 0) return value;
  throw new LetheError('invalid-message', `the request contains ${name} ${more.length + 1} times`, {
    field: name,
    remedy: `Send ${name} once.`,
  });
}

/**
 * The class in the request.
 * @throws LetheError `invalid-message`
 */
export function namedClass(context: Context): string {
  const name = parameterOf(context, 'class');
  if (name !== undefined && name !== '') return name;
  throw new LetheError('invalid-message', 'the request names no class', {
    field: 'class',
    remedy: 'Use /v1/evidence?class=<name>.',
  });
}

/**
 * Whether to count the records of topics.
 * @throws LetheError `invalid-message`
 */
export function countsRecords(context: Context): boolean {
  const records = parameterOf(context, 'records');
  if (records === undefined || records === 'count') return records === 'count';
  throw new LetheError('invalid-message', `records can't be "${records}"`, {
    field: 'records',
    value: records,
    remedy: 'Use records=count to count the records of the topics, or omit it.',
  });
}
