import { ErrorReply } from 'redis';
import type { RedisClient } from './client.js';

/** What a user should know of how Redis keeps its data; nothing where it keeps them all, over a restart. */
export async function keepingWarnings(client: RedisClient): Promise<readonly string[]> {
  try {
    const settings = await client.configGet(['appendonly', 'save', 'maxmemory-policy']);
    return [persistenceWarning(settings), evictionWarning(settings)].filter((warning) => warning !== null);
  } catch (error) {
    if (!(error instanceof ErrorReply)) throw error;
    return [
      'Lethe has no permission to read the configuration of Redis (CONFIG GET), so it cannot check whether Redis keeps all its data on disk. Make sure that "appendonly yes" and "maxmemory-policy noeviction" are set.',
    ];
  }
}

type Settings = Readonly<Record<string, string>>;

function persistenceWarning({ appendonly, save }: Settings): string | null {
  if (appendonly === 'yes') return null;
  if (save) {
    return 'Redis saves to disk only from time to time (appendonly is off): a crash of Redis loses what Lethe learned or unlearned since. Set "appendonly yes".';
  }
  return 'Redis keeps nothing on disk (appendonly is off, no save points): a restart of Redis forgets all classes, vectors and commands carried out. Set "appendonly yes".';
}

function evictionWarning({ 'maxmemory-policy': policy }: Settings): string | null {
  if (policy === undefined || policy === 'noeviction') return null;
  return `Redis evicts data when its memory is full (maxmemory-policy is ${policy}): vectors, classes, and records of unlearning. Set "maxmemory-policy noeviction".`;
}
