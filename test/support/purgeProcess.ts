/** Deletes the dead letters of the class `cat`; prints how many, and the most memory that it took, as JSON. */

import { createKafkaLog } from '../../src/adapters/kafka/kafkaLog.js';
import { topicsUnder } from '../../src/domain/topics.js';
import type { Context } from '../../src/streams/context.js';
import { purgeTopics } from '../../src/streams/purgeTopics.js';
import { kafkaTestOptions } from './kafkaOptions.js';

const [brokers = '', prefix = ''] = process.argv.slice(2);
const log = await createKafkaLog(kafkaTestOptions(brokers));
let peak = 0;
const watching = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
}, 20);
const settings = { rebuild: { deleteSamples: false } } as Context['settings'];
const { deadLetters } = await purgeTopics(['cat'], { log, topics: topicsUnder(prefix), settings });
clearInterval(watching);
process.stdout.write(JSON.stringify({ deadLetters, peakMiB: Math.round(peak / 2 ** 20) }));
await log.close();
