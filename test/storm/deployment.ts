import type { KafkaService } from '../../scripts/services/kafka.js';
import type { RedisService } from '../../scripts/services/redis.js';
import { pixelEmbedder } from '../support/pixelEmbedder.js';
import { type Own, ownKafka, ownRedis } from '../support/services.js';
import { type Supervised, supervise } from '../support/supervised.js';
import { type Model, openModel } from '../support/workersModel.js';
import { DIMENSION } from './draft.js';

/** Of a picture: its pixels are the {@link DIMENSION} components. */
const SIDE = 8;

/** A learner and two answering workers over a Kafka and a Redis that the storm may do anything to. */
export interface Deployment {
  readonly kafka: Own<KafkaService>;
  readonly redis: Own<RedisService>;
  readonly model: Model;
  readonly learner: Supervised;
  readonly answering: readonly Supervised[];
  readonly workers: readonly Supervised[];
  /** Where their gateways are. */
  urls(): Promise<string[]>;
  close(): Promise<void>;
}

/** As a cluster may be set up: any timestamp is taken, and what is old by its timestamp is kept. */
const CLUSTER = {
  'log.message.timestamp.after.max.ms': '9223372036854775807',
  'log.message.timestamp.before.max.ms': '9223372036854775807',
  'log.retention.ms': -1,
};

export async function deploy(seed: number): Promise<Deployment> {
  const [kafka, redis] = await Promise.all([ownKafka({ settings: CLUSTER }), ownRedis()]);
  const model = await openModel({ brokers: kafka.brokers, redisUrl: redis.url }, `storm-${seed}`, {
    dimension: DIMENSION,
    variables: {
      ...(await pixelEmbedder(SIDE)),
      LETHE_LOG__LEVEL: 'warn',
      LETHE_LEARNING__SSRE__INCREMENTAL__EPOCHS: '10',
      LETHE_LEARNING__SSRE__INCREMENTAL__BATCH_SIZE: '16',
    },
  });
  const learner = supervise('learn', model.variables);
  await learner.listening();
  const answering = [supervise('infer', model.variables), supervise('infer', model.variables)];
  const workers = [learner, ...answering];
  await Promise.all(answering.map((worker) => worker.listening()));
  return {
    ...{ kafka, redis, model, learner, answering, workers },
    urls: () => Promise.all(workers.map(async (worker) => (await worker.listening()).url)),
    close: async () => {
      for (const worker of workers) worker.kill();
      await model.close();
      await Promise.all([kafka.dispose(), redis.dispose()]);
    },
  };
}
