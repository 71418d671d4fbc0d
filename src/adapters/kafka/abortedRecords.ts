import { createRequire } from 'node:module';
import { FETCH_VERSIONS, type FetchedRecord } from './fetchedRecords.js';

/** The fields of a fetched record that decide whether it belongs to an aborted transaction. */
export type FetchedInTransaction = Pick<FetchedRecord, 'offset' | 'key' | 'isControlRecord' | 'batchContext'>;

export interface FetchedPartition {
  readonly messages: readonly FetchedInTransaction[];
  abortedTransactions?: readonly { readonly producerId: string; readonly firstOffset: string }[] | null;
}

interface Fetched {
  readonly responses: readonly { readonly partitions: readonly FetchedPartition[] }[];
}

interface FetchResponse {
  parse(decoded: unknown): Promise<Fetched>;
}

let corrected = false;

/**
 * Corrects the filter of kafkajs 2.2.4 for aborted transactions. kafkajs assumes that the broker lists them in the
 * order of their first offsets, which is wrong if several producers write to one partition. It then shows records of
 * aborted transactions, and hides those of committed ones.
 */
export function correctAbortedRecords(): void {
  if (corrected) return;
  corrected = true;
  const require = createRequire(import.meta.url);
  for (const version of FETCH_VERSIONS) {
    const response = require(`kafkajs/src/protocol/requests/fetch/v${version}/response.js`) as FetchResponse;
    const { parse } = response;
    response.parse = async (decoded) => {
      const fetched = await parse(decoded);
      for (const { partitions } of fetched.responses) partitions.forEach(hideAborted);
      return fetched;
    };
  }
}

/** Marks the records of aborted transactions as control records: consumers skip them. */
export function hideAborted(partition: FetchedPartition): void {
  const { abortedTransactions } = partition;
  if (!abortedTransactions || abortedTransactions.length === 0) return;
  const begins = abortedTransactions
    .map(({ producerId, firstOffset }) => ({ producerId, firstOffset: BigInt(firstOffset) }))
    .sort((a, b) => Number(a.firstOffset - b.firstOffset));
  const aborting = new Set<string>();
  let next = 0;
  for (const record of partition.messages) {
    const offset = BigInt(record.offset);
    for (let begin = begins[next]; begin && begin.firstOffset <= offset; begin = begins[++next])
      aborting.add(begin.producerId);
    const { producerId, inTransaction } = record.batchContext;
    if (record.isControlRecord) {
      if (isAbort(record)) aborting.delete(producerId);
    } else if (inTransaction && aborting.has(producerId)) record.isControlRecord = true;
  }
  partition.abortedTransactions = [];
}

/** The key of a control record: its version, then 0 for an abort and 1 for a commit. */
function isAbort({ key }: FetchedInTransaction): boolean {
  return key !== null && key.length >= 4 && key.readInt16BE(2) === 0;
}
