import { createKafkaLog, type KafkaLog } from '../../src/adapters/kafka/kafkaLog.js';
import { createRedisStore } from '../../src/adapters/redis/createRedisStore.js';
import type { DatabaseName } from '../../src/adapters/vectorDatabase.js';
import { type Topics, topicsUnder } from '../../src/domain/topics.js';
import { kafkaTestOptions } from './kafkaOptions.js';
import { overServices, type Variables } from './letheProcess.js';

/** Where the services are. */
export interface Addresses {
  readonly brokers: string;
  readonly redisUrl: string;
}

/** A model of its own over Kafka and Redis, as its workers and as the test see it. */
export interface Model {
  readonly name: string;
  readonly broker: string;
  readonly topics: Topics;
  readonly log: KafkaLog;
  readonly variables: Variables;
  /** What lies where: `database/class` by the id of the vector. */
  contents(): Promise<Map<string, string>>;
  close(): Promise<void>;
}

const DATABASES: readonly DatabaseName[] = ['cil', 'mu'];

/** Components of the vectors of the bundled embedder. */
const BUNDLED = 1280;

/**
 * The topics are made by the first worker.
 * @param dimension of the vectors; an embedder that gives others is among the variables
 */
export async function openModel(
  services: Addresses,
  name: string,
  {
    dimension = BUNDLED,
    variables = {},
  }: { readonly dimension?: number; readonly variables?: Variables } = {},
): Promise<Model> {
  const log = await createKafkaLog(kafkaTestOptions(services.brokers, { clientId: `test-of-${name}` }));
  return {
    name,
    broker: services.brokers,
    topics: topicsUnder(`${name}.`),
    log,
    variables: {
      ...overServices(services, name),
      LETHE_LEARNING__TASK_TIMEOUT_SECONDS: '900',
      LETHE_WORKER__LEASE_MS: '5000',
      // Epochs enough to be struck in one, few enough to be learned in seconds.
      LETHE_LEARNING__SSRE__INITIAL__EPOCHS: '30',
      LETHE_LEARNING__SSRE__INITIAL__BATCH_SIZE: '16',
      LETHE_LEARNING__SSRE__INITIAL__LEARNING_RATE: '0.001',
      LETHE_LEARNING__SSRE__INITIAL__DECAY_EVERY: '20',
      LETHE_LEARNING__SSRE__INITIAL__WEIGHT_DECAY: '0.01',
      ...variables,
    },
    contents: async () => {
      const store = await createRedisStore({
        url: services.redisUrl,
        model: name,
        dimension,
        index: { algorithm: 'flat', m: 16, efConstruction: 200, efRuntime: 100, type: 'float32' },
      });
      const contents = new Map<string, string>();
      for (const database of DATABASES)
        for await (const records of store.vectors.scan({ database }))
          for (const { id, className } of records) contents.set(id, `${database}/${className}`);
      await store.close();
      return contents;
    },
    close: () => log.close(),
  };
}
