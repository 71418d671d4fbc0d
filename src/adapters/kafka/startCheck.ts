import type { Admin } from 'kafkajs';
import { createClient } from './client.js';
import { permanentError, startError } from './failures.js';
import type { KafkaConnectionOptions } from './options.js';

const AGAIN_MS = 200;
/**
 * About a second per attempt: enough for leaders of new topics, and short enough to report soon why a cluster does
 * not answer.
 */
const RETRY = { initialRetryTime: 20, retries: 6 };

/**
 * Runs something with an admin connection, once the cluster answers and accepts the user.
 * @throws LetheError `config-invalid`: why it did not within `startTimeoutMs`
 */
export async function withAdmin<T>(
  options: KafkaConnectionOptions,
  use: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = createClient(options).admin({ retry: RETRY });
  try {
    await connected(admin, options);
    return await use(admin);
  } catch (thrown) {
    throw permanentError(thrown, options) ?? startError(thrown, options);
  } finally {
    admin.disconnect().catch(() => undefined);
  }
}

async function connected(admin: Admin, options: KafkaConnectionOptions): Promise<void> {
  const until = Date.now() + options.startTimeoutMs;
  let timer: NodeJS.Timeout | undefined;
  let last: unknown;
  let over = false;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(startError(last, options)), options.startTimeoutMs);
  });
  const attempt = async (): Promise<void> => {
    while (!over) {
      try {
        await admin.connect();
        await admin.describeCluster();
        return;
      } catch (thrown) {
        last = thrown;
        const error = startError(thrown, options);
        if (!error.retriable || Date.now() > until) throw error;
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
  };
  try {
    await Promise.race([attempt(), timeout]);
  } finally {
    clearTimeout(timer);
    over = true;
  }
}
