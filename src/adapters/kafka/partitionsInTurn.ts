import { createRequire } from 'node:module';

interface Assigned {
  readonly topic: string;
  readonly partitions: readonly number[];
}

interface Subscriptions {
  assigned(): Assigned[];
}

let turning = false;

/**
 * Puts a different partition first in each fetch. A broker fills its response in the order of the request, and
 * returns a batch that is larger than the share of a partition only for the first partition with records (KIP-74).
 * kafkajs 2.2.4 always uses the same order, so a large record of a later partition waits while the earlier ones have
 * records.
 */
export function takePartitionsInTurn(): void {
  if (turning) return;
  turning = true;
  const require = createRequire(import.meta.url);
  const { prototype } = require('kafkajs/src/consumer/subscriptionState.js') as {
    readonly prototype: Subscriptions;
  };
  const { assigned } = prototype;
  prototype.assigned = function (this: Subscriptions): Assigned[] {
    return inTurn(
      assigned.call(this).map(({ topic, partitions }) => ({ topic, partitions: inTurn(partitions) })),
    );
  };
}

/** Rotated by a random number, because several fetchers make requests. */
function inTurn<T>(items: readonly T[]): T[] {
  const first = Math.floor(Math.random() * items.length);
  return [...items.slice(first), ...items.slice(0, first)];
}
