import type { Kafka } from 'kafkajs';

/** Whether the end of a topic is before or after the first open transaction. */
export type Isolation = 'committed' | 'uncommitted';

const READ_UNCOMMITTED = 0;
/** The method that creates the cluster connections of a client in kafkajs 2.2.4; it has no public name. */
const CREATE_CLUSTER = 'private:Kafka:createCluster';

type CreateCluster = (options: object) => unknown;

/**
 * Lets the admins of this client read the offsets of uncommitted records. The admins of kafkajs always request
 * committed offsets (the last stable offset). The offsets of a transaction appear in its group before its records can
 * be read. So a group may be at the end of its inputs while its outputs are still behind the end of the topic.
 */
export function readUncommitted(client: Kafka): void {
  const symbol = Object.getOwnPropertySymbols(client).find(
    ({ description }) => description === CREATE_CLUSTER,
  );
  const methods = client as unknown as Record<symbol, CreateCluster>;
  const create = symbol && methods[symbol];
  if (!create) throw new Error(`this kafkajs has no ${CREATE_CLUSTER}: isolation.ts was written for 2.2.4`);
  methods[symbol] = (options) => create({ ...options, isolationLevel: READ_UNCOMMITTED });
}
