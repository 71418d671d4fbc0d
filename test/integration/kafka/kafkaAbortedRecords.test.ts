import { describe, expect, it } from 'vitest';
import {
  type FetchedInTransaction,
  type FetchedPartition,
  hideAborted,
} from '../../../src/adapters/kafka/abortedRecords.js';

const data = (offset: number, producerId: string): FetchedInTransaction => ({
  offset: String(offset),
  key: null,
  isControlRecord: false,
  batchContext: { producerId, inTransaction: true },
});
const end = (offset: number, producerId: string, type: 'abort' | 'commit'): FetchedInTransaction => ({
  ...data(offset, producerId),
  key: Buffer.from([0, 0, 0, type === 'abort' ? 0 : 1]),
  isControlRecord: true,
});

function visible(partition: FetchedPartition): number[] {
  hideAborted(partition);
  return partition.messages.filter((one) => !one.isControlRecord).map(({ offset }) => Number(offset));
}

describe('records of aborted transactions', () => {
  it('are hidden whatever the order in which the broker lists them', () => {
    const messages = [
      ...[data(0, 'a'), data(1, 'b'), end(2, 'b', 'abort'), data(3, 'b'), end(4, 'a', 'abort')],
      ...[data(5, 'a'), end(6, 'a', 'commit'), end(7, 'b', 'commit')],
    ];
    // In the order of their ends, as brokers do.
    const abortedTransactions = [
      { producerId: 'b', firstOffset: '1' },
      { producerId: 'a', firstOffset: '0' },
    ];
    expect(visible({ messages, abortedTransactions })).toEqual([3, 5]);
  });

  it('are hidden where several of them began before the fetch', () => {
    const messages = [
      data(10, 'b'),
      data(11, 'a'),
      end(12, 'a', 'abort'),
      end(13, 'b', 'abort'),
      data(14, 'a'),
    ];
    const abortedTransactions = [
      { producerId: 'a', firstOffset: '3' },
      { producerId: 'b', firstOffset: '5' },
    ];
    expect(visible({ messages, abortedTransactions })).toEqual([14]);
  });

  it('are none where no transaction was aborted', () => {
    expect(visible({ messages: [data(0, 'a'), end(1, 'a', 'commit')], abortedTransactions: null })).toEqual([
      0,
    ]);
  });
});
