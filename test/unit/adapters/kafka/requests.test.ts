import type { TopicMessages } from 'kafkajs';
import { expect, it } from 'vitest';
import { Requests } from '../../../../src/adapters/kafka/requests.js';
import { TopicLimits } from '../../../../src/adapters/kafka/topicLimits.js';
import { type OutgoingRecord, recordBytes } from '../../../../src/domain/record.js';

const tooLarge = Object.assign(new Error('too large'), { type: 'MESSAGE_TOO_LARGE' });

const record = (value: string, key: string | null = null, topic = 't'): OutgoingRecord => ({
  topic,
  key,
  value: Buffer.from(value),
  headers: {},
});

/** A topic that takes batches of so many bytes, of which the cluster tells only where it is asked to. */
function topicOf(most: number, tells = true) {
  const limits = new TopicLimits(
    async (topics) => new Map(tells ? topics.map((topic) => [topic, most]) : []),
  );
  const written: string[] = [];
  let refusals = 0;
  const take = async (request: TopicMessages[]): Promise<void> => {
    const messages = request.flatMap((each) => each.messages);
    const bytes = messages.reduce(
      (sum, { key, value }) =>
        sum + recordBytes(record(String(value), key === undefined ? null : (key as string))),
      0,
    );
    if (bytes > most) {
      refusals++;
      throw tooLarge;
    }
    written.push(...messages.map(({ value }) => String(value)));
  };
  return { limits, written, take, refusals: () => refusals };
}

async function sendAll(records: OutgoingRecord[], topic: ReturnType<typeof topicOf>, batchBytes = 2 ** 20) {
  const requests = new Requests(records, { batchBytes, limits: topic.limits });
  while (!requests.done) await requests.send(topic.take);
}

it('counts bytes, not characters', async () => {
  const topic = topicOf(2 ** 20);
  const records = Array.from({ length: 1000 }, (_, i) => record(String(i), '鍵'.repeat(1700)));
  await sendAll(records, topic);
  expect(topic.refusals()).toBe(0);
  expect(topic.written).toEqual(records.map(({ value }) => String(value)));
});

it.each([true, false])(
  'splits what is refused, in order (the cluster tells its limits: %s)',
  async (tells) => {
    const topic = topicOf(1000, tells);
    const records = Array.from({ length: 100 }, (_, i) => record(`${i}${'x'.repeat(i * 7)}`));
    await sendAll(records, topic);
    expect(topic.written).toEqual(records.map(({ value }) => String(value)));
    expect(topic.refusals()).toBeLessThan(10);
  },
);

it('writes the smaller forms of those that are refused alone, and no others', async () => {
  const topic = topicOf(1000);
  const letter = (text: string): OutgoingRecord => ({
    ...record(text),
    smaller: () => record(text.slice(0, 1)),
  });
  await sendAll(['a', `b${'x'.repeat(2000)}`, 'c', `d${'x'.repeat(3000)}`, 'e'].map(letter), topic);
  expect(topic.written).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(topic.refusals()).toBeLessThan(4);
});

it('tells of a record that is taken in no form: topic, limit and remedy in one message', async () => {
  const topic = topicOf(1000);
  await expect(sendAll([record('x'.repeat(2000))], topic)).rejects.toMatchObject({
    error: {
      code: 'config-invalid',
      message: 'the topic t allows records of at most 872 bytes; this one has 2040',
      remedy: expect.stringContaining('max.message.bytes='),
    },
  });
});

it('waits for a topic that has to take the record: the error is one that passes', async () => {
  const topic = topicOf(300);
  const answer = { ...record('x'.repeat(400)), mustFit: true } as const;
  await expect(sendAll([answer], topic)).rejects.toMatchObject({
    error: {
      retriable: true,
      message: 'the topic t allows records of at most 172 bytes; this one has 440',
      remedy: expect.stringMatching(/--entity-name t --add-config max\.message\.bytes=1048588/),
    },
  });
});

it('asks for no more than any broker reads', async () => {
  const topic = topicOf(Number.POSITIVE_INFINITY);
  const huge: OutgoingRecord = {
    ...record(''),
    value: Buffer.alloc(101 * 2 ** 20),
    smaller: () => record('small'),
  };
  await sendAll([huge], topic);
  expect(topic.written).toEqual(['small']);
});

it('sends large requests again half a minute after a limit that was lowered is raised', async () => {
  let most = 1000;
  let now = 0;
  const limits = new TopicLimits(
    async (topics) => new Map(topics.map((topic) => [topic, most])),
    () => now,
  );
  const sizes: number[] = [];
  const send = async (): Promise<number> => {
    sizes.length = 0;
    const requests = new Requests(
      Array.from({ length: 50 }, () => record('x'.repeat(100))),
      { batchBytes: 2 ** 20, limits },
    );
    while (!requests.done) {
      await requests.send(async (request) => {
        const count = request.flatMap(({ messages }) => messages).length;
        if (count * 140 > most) throw tooLarge;
        sizes.push(count);
      });
    }
    return Math.max(...sizes);
  };
  expect(await send()).toBeLessThan(8);
  most = 2 ** 20;
  expect(await send()).toBeLessThan(8);
  now = 31_000;
  // Is still sent as before, and asks.
  await send();
  expect(await send()).toBe(50);
});
