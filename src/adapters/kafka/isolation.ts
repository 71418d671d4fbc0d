import type { Kafka } from 'kafkajs';

/** Whether the end of a topic lies before the first transaction that is not over, or behind it. */
export type Isolation = 'committed' | 'uncommitted';

const READ_UNCOMMITTED = 0;
/** The method by which a client of kafkajs 2.2.4 makes its connections to the cluster; it has no public name. */
const CREATE_CLUSTER = 'private:Kafka:createCluster';

type CreateCluster = (options: object) => unknown;

/**
 * Lets the admins of this client ask for offsets as they are written. kafkajs's admins ask for committed ones (the last stable
 * offset), and offer no choice. A transaction's offsets show in its group before its records can be read, so that a group may be
 * at the end of its inputs while what it wrote of them lies behind the end of its outputs.
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
