/**
 * Reads a topic by a group that it has no rights to, and closes its log: as soon as the reading has failed, or after some
 * milliseconds. Prints why it failed, and what keeps the process a second after the log is closed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createKafkaLog } from '../../../src/adapters/kafka/kafkaLog.js';
import { LetheError } from '../../../src/domain/errors.js';
import { kafkaTestOptions } from '../../support/kafkaOptions.js';

const [brokers = '', username = '', topic = '', group = '', transient, closesAfterMs] = process.argv.slice(2);
const sasl = { mechanism: 'plain', username, password: 'lethe-secret' } as const;
const log = await createKafkaLog(kafkaTestOptions(brokers, { sasl }));
const failed = new Promise<unknown>((resolve) => {
  log
    .read({ topics: [topic], group, maxInFlight: 8, transient: transient === 'true' })
    .subscribe({ error: resolve });
});
const failure = await (closesAfterMs ? sleep(Number(closesAfterMs)) : failed);
await log.close();
const code = failure instanceof LetheError ? failure.code : 'none';
process.stdout.write(`${code}\n`);
setTimeout(() => process.stdout.write(process.getActiveResourcesInfo().join()), 1000).unref();
