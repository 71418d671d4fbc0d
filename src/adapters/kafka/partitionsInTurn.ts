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
 * Lets each partition be the first of a fetch in turn. A broker fills its answer in the order of the request, and gives a
 * batch that is larger than a partition's share only to the first that has records (KIP-74). kafkajs 2.2.4 always asks in
 * the same order, so that a large record of a later partition waits for as long as the earlier ones have any.
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

/** From anywhere on, and around: by chance, since several fetchers ask in turn. */
function inTurn<T>(items: readonly T[]): T[] {
  const first = Math.floor(Math.random() * items.length);
  return [...items.slice(first), ...items.slice(0, first)];
}
