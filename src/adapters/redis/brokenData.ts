import { ErrorReply } from 'redis';
import { z } from 'zod';
import { LetheError } from '../../domain/errors.js';

/**
 * The data under the keys of Lethe in Redis is not what Lethe wrote: another program wrote there, or data was lost.
 * Lethe retries the read until it is fixed ({@link Connection.run}), because an answer from it would be wrong.
 */
export class BrokenDataError extends LetheError {
  /** @param key where in Redis, e.g. `lethe:{main}:segments` */
  constructor(key: string, what: string, value?: string, cause?: unknown) {
    super('backend-unavailable', `${key} in Redis ${what}`, {
      field: key,
      value,
      remedy: 'Find out who else writes to the keys of Lethe, and restore Redis from a backup.',
      retriable: true,
      cause,
    });
  }
}

/**
 * Redis has an older state than this process knows: a backup was restored, a lagging replica took over, or a crash
 * lost what was not on disk. An answer from this state could name a class that was unlearned since.
 */
export class WentBackError extends LetheError {
  constructor(found: number, known: number) {
    super('backend-unavailable', `Redis has version ${found} of the registry, but it was at ${known}`, {
      field: 'registryVersion',
      value: String(found),
      remedy:
        'The learner repeats what the audit chain records; then all workers continue. Make sure that a learner runs (docs/runbooks.md#lethestorewentback).',
      retriable: true,
    });
  }
}

/** Redis was restarted or replaced, and the learner has not yet checked whether it has everything that was reported. */
export class NotVerifiedError extends LetheError {
  constructor() {
    super('backend-unavailable', 'Redis was restarted or replaced since the last check of the learner', {
      field: 'stores.redis',
      remedy: 'Nothing to do if a learner runs: it checks twice a second. Otherwise start one.',
      retriable: true,
    });
  }
}

/** A change is only in the memory of Redis: a crash, or a replica that takes over, would lose it. */
export class NotDurableError extends LetheError {
  constructor(what: string, field: string) {
    super('backend-unavailable', what, {
      field,
      remedy:
        'Check the log, the disk and the replicas of Redis. Lethe reports the changes when they are durable.',
      retriable: true,
    });
  }
}

/** A field with JSON, whose content another schema describes. */
export const jsonSchema = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue('no JSON');
    return z.NEVER;
  }
});

/**
 * What was read from a key of Redis, as the schema has it.
 * @throws BrokenDataError that names the key and the field
 */
export function parsedAt<T>(key: string, schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join('.') ?? '';
  throw new BrokenDataError(
    key,
    `holds ${field === '' ? 'something else' : `a wrong ${field}`}: ${issue?.message}`,
    shown(value),
  );
}

/**
 * What a read of a key gives.
 * @throws BrokenDataError that names the key, where it is of another type: Redis does not name it
 */
export async function readAt<T>(key: string, read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    if (!(error instanceof ErrorReply && error.message.startsWith('WRONGTYPE'))) throw error;
    throw new BrokenDataError(key, 'is of another type', error.message, error);
  }
}

/** Hand-written, since each read compares versions. Null is the version of what was never changed. */
export function versionAt(key: string, text: string | null | undefined): number {
  if (text === null || text === undefined) return 0;
  const version = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(version) || version < 0)
    throw new BrokenDataError(key, 'holds no version', text);
  return version;
}

function shown(value: unknown): string {
  try {
    return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  } catch {
    return String(value);
  }
}
