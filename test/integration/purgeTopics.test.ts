import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import kafkajs from 'kafkajs';
import { lastValueFrom, toArray } from 'rxjs';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { createKafkaLog } from '../../src/adapters/kafka/kafkaLog.js';
import { keptNow } from '../../src/adapters/keptNow.js';
import { sha256 } from '../../src/domain/auditChain.js';
import { deadLetter } from '../../src/domain/deadLetter.js';
import { LetheError } from '../../src/domain/errors.js';
import type { LogRecord } from '../../src/domain/record.js';
import { topicsUnder } from '../../src/domain/topics.js';
import type { Settings } from '../../src/streams/context.js';
import { purgeTopics } from '../../src/streams/purgeTopics.js';
import { kafkaTestOptions } from '../support/kafkaOptions.js';
import { sharedServices } from '../support/services.js';
import { setTopic } from '../support/topicSetting.js';

/** 2048 in the long form, `npm run test:letters`. */
const MIB = Number(process.env.LETHE_LETTERS_MIB ?? 192);
/** Of the process: a heap of 512 MiB in the long form, and buffers beside it. */
const HEAP_MIB = MIB >= 2048 ? 512 : 96;
const PEAK_MIB = MIB >= 2048 ? 768 : 320;
const PROCESS = fileURLToPath(new URL('../support/purgeProcess.ts', import.meta.url));
const LETTER_BYTES = 2 ** 18;
const resultSchema = z.object({ deadLetters: z.number(), peakMiB: z.number() });

it(
  'an erasure deletes its dead letters in flat memory, whatever the topic holds',
  async () => {
    const { brokers } = await sharedServices();
    const prefix = `purge-${randomUUID()}.`;
    const topic = topicsUnder(prefix)['dead-letters'];
    const admin = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING }).admin();
    await admin.connect();
    const all = Object.values(topicsUnder(prefix)).map((name) => ({ topic: name, numPartitions: 2 }));
    await admin.createTopics({ topics: all, waitForLeaders: true });
    const log = await createKafkaLog(kafkaTestOptions(brokers));
    try {
      const count = (MIB * 2 ** 20) / LETTER_BYTES;
      const value = randomBytes(LETTER_BYTES);
      for (let index = 0; index < count; index += 16) {
        const letters = Array.from({ length: 16 }, (_, of) => ({
          topic,
          key: `k${index + of}`,
          value,
          headers: { ce_id: String(index + of), ce_label: (index + of) % 4 === 0 ? 'cat' : 'dog' },
        }));
        await log.publish(letters);
      }
      const args = [`--max-old-space-size=${HEAP_MIB}`, '--import', 'tsx', PROCESS, brokers, prefix];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      const { deadLetters, peakMiB } = resultSchema.parse(JSON.parse(await text(child.stdout)));
      console.log(`${MIB} MiB of letters: ${peakMiB} MiB resident at most`);
      expect(deadLetters).toBe(count / 4);
      expect(peakMiB).toBeLessThan(PEAK_MIB);
      const kept: number[] = [];
      const handle = async ({ headers }: LogRecord): Promise<void> => void kept.push(Number(headers.ce_id));
      await lastValueFrom(keptNow(log, topic, { handle }), { defaultValue: undefined });
      const others = Array.from({ length: count }, (_, index) => index).filter((index) => index % 4 !== 0);
      expect(kept.sort((a, b) => a - b)).toEqual(others);
    } finally {
      await log.close();
      await admin.deleteTopics({ topics: all.map(({ topic }) => topic) });
      await admin.disconnect();
    }
  },
  60_000 + 600 * MIB,
);

it('an erasure goes on where the topic takes less than it did: letters that no longer fit lose their values', async () => {
  const { brokers } = await sharedServices();
  const topics = topicsUnder(`purge-${randomUUID()}.`);
  const topic = topics['dead-letters'];
  const admin = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  const all = Object.values(topics).map((name) => ({ topic: name }));
  await admin.createTopics({ topics: all, waitForLeaders: true });
  const log = await createKafkaLog(kafkaTestOptions(brokers));
  const letterOf = (offset: bigint, label: string, bytes: number) =>
    deadLetter(
      {
        ...{ topic: topics.samples, partition: 0, offset, key: label, timestamp: 1 },
        ...{ headers: { ce_id: String(offset), ce_label: label }, value: Buffer.alloc(bytes, 7) },
      },
      new LetheError('image-corrupt', 'no image', { remedy: 'Send one.' }),
      topic,
    );
  try {
    await log.publish([letterOf(0n, 'cat', 9000), letterOf(1n, 'dog', 9000), letterOf(2n, 'dog', 90)]);
    await setTopic(admin, topic, 'max.message.bytes', '5000');
    const settings = { rebuild: { deleteSamples: false } } as Settings;
    const purge = () => purgeTopics(['cat'], { log, topics, settings });
    expect(await purge()).toMatchObject({ deadLetters: 1 });
    const kept = await lastValueFrom(keptNow(log, topic).pipe(toArray()));
    expect(kept.map(({ headers, value }) => [headers.ce_id, value.length])).toEqual([
      ['1', 0],
      ['2', 90],
    ]);
    expect(kept[0]?.headers).toMatchObject({
      'lethe-topic': topics.samples,
      'lethe-offset': '1',
      'lethe-reason': 'image-corrupt',
      'lethe-value-bytes': '9000',
      'lethe-value-sha256': sha256(Buffer.alloc(9000, 7)),
    });
    // What was left out once is told as it was, however often the letter is written again.
    await log.publish([letterOf(3n, 'cat', 90)]);
    expect(await purge()).toMatchObject({ deadLetters: 1 });
    const [again] = await lastValueFrom(keptNow(log, topic).pipe(toArray()));
    expect(again?.headers).toEqual(kept[0]?.headers);
  } finally {
    await log.close();
    await admin.deleteTopics({ topics: all.map(({ topic }) => topic) });
    await admin.disconnect();
  }
});
