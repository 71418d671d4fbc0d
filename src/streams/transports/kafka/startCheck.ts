import { createClient } from './client.js';
import { startError } from './failures.js';
import type { KafkaConnectionOptions } from './options.js';

/** Whether the cluster answers and lets us in, within `startTimeoutMs`; else why not. */
export async function checkConnection(options: KafkaConnectionOptions): Promise<void> {
  const admin = createClient(options).admin({ retry: { initialRetryTime: 100, retries: 2 } });
  const until = Date.now() + options.startTimeoutMs;
  let timer: NodeJS.Timeout | undefined;
  let last: unknown;
  let over = false;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      over = true;
      reject(startError(last, options));
    }, options.startTimeoutMs);
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
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  };
  try {
    await Promise.race([attempt(), timeout]);
  } finally {
    clearTimeout(timer);
    over = true;
    admin.disconnect().catch(() => undefined);
  }
}
