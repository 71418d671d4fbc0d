/** `lethe-client/kafka`: a client of a running Lethe over Kafka. It needs the packages that {@link createKafkaClient} names. */
import { LetheError } from 'lethe/internal/domain/errors.js';
import type { LetheClient } from './api.js';
import type { KafkaClientOptions } from './kafkaOptions.js';

export * from './index.js';
export type { KafkaClientOptions };

/** Optional, so that whoever uses HTTP installs none of them. */
const NEEDED = 'kafkajs lz4-napi snappy @bokuweb/zstd-wasm';

/**
 * A client over Kafka, once the cluster answered.
 * @throws LetheError `config-invalid`: why it did not; `backend-unavailable` where a package for Kafka is not installed
 */
export async function createKafkaClient(options: KafkaClientOptions): Promise<LetheClient> {
  const { connectToKafka } = await import('./kafkaConnection.js').catch(notInstalled);
  return connectToKafka(options);
}

function notInstalled(cause: unknown): never {
  if (!(cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND')) throw cause;
  throw new LetheError('backend-unavailable', `a package for Kafka is not installed: ${cause.message}`, {
    field: 'package',
    remedy: `Install what Kafka needs beside the client: npm install ${NEEDED}.`,
    cause,
  });
}
