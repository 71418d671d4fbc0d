/**
 * Answers the records of a topic, and dies by a signal, as native code does, at those whose value begins with `deadly`. Ends when
 * the topic holds nothing that is not dealt with.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { mergeMap } from 'rxjs';
import { createKafkaLog } from '../../../src/adapters/kafka/kafkaLog.js';
import { LetheError } from '../../../src/domain/errors.js';
import { decode } from '../../../src/operators/decode.js';
import { SILENT } from '../../../src/operators/probe.js';
import { publish } from '../../../src/operators/publish.js';
import { kafkaTestOptions } from '../../support/kafkaOptions.js';

const [brokers = '', delivery = '', topic = '', answers = '', deadLetters = ''] = process.argv.slice(2);
const log = await createKafkaLog(
  kafkaTestOptions(brokers, {
    delivery: delivery === 'exactly-once' ? delivery : 'at-least-once',
    transactionalIdPrefix: topic,
    sessionTimeoutMs: 1000,
  }),
);
const group = `${topic}-read`;
log
  .read({ topics: [topic], group, maxInFlight: 16 })
  .pipe(
    decode(({ value }) => {
      if (value.length === 0) throw new LetheError('empty-payload', 'empty', { remedy: 'Send one.' });
      return value.toString();
    }, SILENT),
    mergeMap(async (item) => {
      await sleep(5);
      if (item.ok && item.value.startsWith('deadly')) process.kill(process.pid, 'SIGSEGV');
      return item;
    }),
    publish({
      ...{ log, group, deadLetters, batchSize: 8, probe: SILENT },
      toRecords: (text) => [{ topic: answers, key: null, value: Buffer.from(text), headers: {} }],
    }),
  )
  .subscribe();
do await sleep(100);
while ((await log.lag(group, [topic])) > 0);
await log.close();
