import { randomUUID } from 'node:crypto';
import kafkajs from 'kafkajs';
import { firstValueFrom, take, toArray } from 'rxjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createKafkaLog, type KafkaLog } from '../../../src/adapters/kafka/kafkaLog.js';
import { mapInBatches } from '../../../src/operators/mapInBatches.js';
import { kafkaTestOptions } from '../../support/kafkaOptions.js';
import { sharedServices } from '../../support/services.js';

const PARTITIONS = 3;
const RECORDS = 3000;
const IN_FLIGHT = 60;

let log: KafkaLog;
let topic: string;

beforeAll(async () => {
  const { brokers } = await sharedServices();
  topic = `together-${randomUUID()}`;
  const admin = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS }], waitForLeaders: false });
  await admin.disconnect();
  log = await createKafkaLog(kafkaTestOptions(brokers));
});
afterAll(() => log?.close());

// Each partition has a transaction of its own: what is settled together shall be of few.
it('emits records of one partition together when credit comes back', async () => {
  const value = Buffer.alloc(100);
  await log.publish(
    Array.from({ length: RECORDS }, (_, i) => ({ topic, key: `key-${i}`, value, headers: {} })),
  );
  const group = `group-${randomUUID()}`;
  const records = await firstValueFrom(
    log.read({ topics: [topic], group, maxInFlight: IN_FLIGHT }).pipe(
      mapInBatches(IN_FLIGHT, async (inputs) => {
        await log.settle(
          group,
          inputs.map((input) => ({ input, outputs: [] })),
        );
        return inputs;
      }),
      take(RECORDS),
      toArray(),
    ),
  );
  const runs = records.filter((record, index) => record.partition !== records[index - 1]?.partition).length;
  expect(RECORDS / runs).toBeGreaterThan(IN_FLIGHT / 3);
});
