import { createRequire } from 'node:module';
import { isForbidden } from './failures.js';

interface Broker {
  isConnected(): boolean;
}

interface Sought {
  readonly groupId: string;
  /** 0: of a group; 1: of a transactional id. */
  readonly coordinatorType?: number;
}

interface BrokerPool {
  withBroker(use: (found: unknown) => Promise<unknown>): Promise<unknown>;
}

interface Cluster {
  readonly brokerPool: BrokerPool;
  findGroupCoordinatorMetadata(sought: Sought): Promise<unknown>;
  findGroupCoordinator(sought: Sought): Promise<Broker>;
}

interface Found {
  readonly broker: Broker;
  readonly at: number;
}

const TRANSACTION = 1;
/** A coordinator that has moved is found again after that at the latest. */
const REMEMBERED_MS = 5000;

let remembering = false;

/**
 * Lets producers of transactions remember their coordinators. kafkajs 2.2.4 asks for them before every request to them:
 * four of the nine round trips of a transaction. One that was replaced meanwhile refuses what it is asked for; the
 * transaction then goes to a new producer, which remembers nothing.
 *
 * Consumers go on asking: they find a moved coordinator by that.
 */
export function rememberCoordinators(): void {
  if (remembering) return;
  remembering = true;
  const require = createRequire(import.meta.url);
  const { prototype } = require('kafkajs/src/cluster/index.js') as { readonly prototype: Cluster };
  const { findGroupCoordinator } = prototype;
  /** What is known to the clusters, one a client, that were ever asked for the coordinator of a transactional id. */
  const known = new WeakMap<Cluster, Map<string, Found>>();

  prototype.findGroupCoordinator = async function (this: Cluster, sought: Sought): Promise<Broker> {
    if (sought.coordinatorType === TRANSACTION && !known.has(this)) known.set(this, new Map());
    const found = known.get(this);
    const name = `${sought.coordinatorType}/${sought.groupId}`;
    const earlier = found?.get(name);
    if (earlier?.broker.isConnected() && Date.now() - earlier.at < REMEMBERED_MS) return earlier.broker;
    const broker = await findGroupCoordinator.call(this, sought);
    found?.set(name, { broker, at: Date.now() });
    return broker;
  };
}

let telling = false;

/**
 * Lets a client say that it may not know of a group. kafkajs 2.2.4 asks every broker for the coordinator, forgets why they
 * refused, and says that there is none: who has no rights would wait for a cluster that is well.
 */
export function tellForbiddenGroups(): void {
  if (telling) return;
  telling = true;
  const require = createRequire(import.meta.url);
  const { prototype } = require('kafkajs/src/cluster/index.js') as { readonly prototype: Cluster };
  const { findGroupCoordinatorMetadata } = prototype;

  prototype.findGroupCoordinatorMetadata = async function (this: Cluster, sought: Sought): Promise<unknown> {
    let forbidden: unknown;
    const { brokerPool } = this;
    const withBroker: BrokerPool['withBroker'] = (use) =>
      brokerPool.withBroker(async (found) => {
        try {
          return await use(found);
        } catch (thrown) {
          if (isForbidden(thrown)) forbidden = thrown;
          throw thrown;
        }
      });
    const watched: Cluster = Object.create(this, { brokerPool: { value: { withBroker } } });
    try {
      return await findGroupCoordinatorMetadata.call(watched, sought);
    } catch (thrown) {
      throw forbidden ?? thrown;
    }
  };
}
