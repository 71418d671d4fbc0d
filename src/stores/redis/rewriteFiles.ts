import { ErrorReply } from 'redis';
import type { FileRewrite } from '../knowledgeStore.js';
import type { RedisClient } from './client.js';

/**
 * Has Redis write its files anew, in the background: until then its append-only file still holds what was deleted, and a
 * snapshot until the next one.
 */
export async function rewriteFiles(client: RedisClient): Promise<FileRewrite> {
  try {
    const { appendonly, save } = await client.configGet(['appendonly', 'save']);
    if (appendonly === 'yes') await client.bgRewriteAof();
    else if (save) await client.bgSave({ SCHEDULE: true });
    else return 'none';
    return 'begun';
  } catch (error) {
    if (error instanceof ErrorReply) return /in progress/i.test(error.message) ? 'begun' : 'refused';
    throw error;
  }
}
