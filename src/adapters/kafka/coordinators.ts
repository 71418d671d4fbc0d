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
/** A coordinator that has moved is found again after this time at most. */
const REMEMBERED_MS = 5000;

let remembering = false;

/**
 * Lets transactional producers cache their coordinators. kafkajs 2.2.4 looks them up before every request: four of
 * the nine round trips of a transaction. A replaced coordinator refuses requests; the transaction then goes to a new
 * producer, which has no cache. Consumers still look up theirs, because that is how they find a moved coordinator.
 */
export function rememberCoordinators(): void {
  if (remembering) return;
  remembering = true;
  const require = createRequire(import.meta.url);
  const { prototype } = require('kafkajs/src/cluster/index.js') as { readonly prototype: Cluster };
  const { findGroupCoordinator } = prototype;
  /** The caches of the clusters, one per client, that looked up the coordinator of a transactional id. */
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
 * Lets a client report that it lacks permission for a group. kafkajs 2.2.4 asks every broker for the coordinator,
 * drops the reasons of their refusals, and reports that there is none. A user without permission would then wait for
 * a healthy cluster.
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
