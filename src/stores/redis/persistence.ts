import { ErrorReply } from 'redis';
import type { RedisClient } from './client.js';

/** What a user should know of how Redis keeps its data; null where it survives a restart. */
export async function persistenceWarning(client: RedisClient): Promise<string | null> {
  try {
    const { appendonly, save } = await client.configGet(['appendonly', 'save']);
    if (appendonly === 'yes') return null;
    if (save) {
      return 'Redis saves to disk from time to time only (appendonly is off): a crash of Redis loses what Lethe learned or unlearned since. Set "appendonly yes".';
    }
    return 'Redis keeps nothing on disk (appendonly is off, no save points): a restart of Redis forgets all classes, vectors and commands carried out. Set "appendonly yes".';
  } catch (error) {
    if (!(error instanceof ErrorReply)) throw error;
    return 'Lethe may not read the configuration of Redis (CONFIG GET), so it cannot tell whether Redis keeps its data on disk. See to it that "appendonly yes" is set.';
  }
}
