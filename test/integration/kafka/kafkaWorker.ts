/** A worker of its own process: answers each record with its value, after a short while. Killed and stopped by tests. */
import { mergeMap } from 'rxjs';
import { createKafkaLog } from '../../../src/adapters/kafka/kafkaLog.js';
import type { LogRecord } from '../../../src/domain/record.js';
import { kafkaTestOptions } from '../../support/kafkaOptions.js';

/** What a worker does, as JSON in its first argument. */
export interface WorkerOrder {
  readonly broker: string;
  readonly group: string;
  readonly from: string;
  readonly to: string;
  /** How long a record takes, in milliseconds. */
  readonly workMs: number;
}

/** What a worker tells, one JSON object a line. */
export interface WorkerNews {
  readonly started?: string;
  readonly lost?: string;
}

const { broker, group, from, to, workMs } = JSON.parse(process.argv[2] ?? '{}') as WorkerOrder;
const log = await createKafkaLog(kafkaTestOptions(broker, { clientId: `worker-${process.pid}` }));

const tell = (news: WorkerNews): void => {
  process.stdout.write(`${JSON.stringify(news)}\n`);
};
const answer = async (input: LogRecord): Promise<void> => {
  tell({ started: input.value.toString() });
  await new Promise((resolve) => setTimeout(resolve, workMs * (0.5 + Math.random())));
  const output = { topic: to, key: input.key, value: input.value, headers: {} };
  for (const lost of await log.settle(group, [{ input, outputs: [output] }]))
    tell({ lost: lost.value.toString() });
};
log
  .read({ topics: [from], group, maxInFlight: 10 })
  .pipe(mergeMap(answer))
  .subscribe({ error: (error) => console.error(error) });
