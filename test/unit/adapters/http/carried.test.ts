import { expect, it } from 'vitest';
import { delegating } from '../../../../src/adapters/delegating.js';
import { createGateway } from '../../../../src/adapters/http/gateway.js';
import { createMemoryLog } from '../../../../src/adapters/memory/log/memoryLog.js';
import { topicsUnder } from '../../../../src/domain/topics.js';

it('refuses a message that its topic could not carry: 413 with field, limit and remedy', async () => {
  const topics = topicsUnder('lethe.');
  const memory = createMemoryLog({ partitions: 1, capacity: { records: 100, bytes: 1e7 } });
  const largest = async (topic: string) => (topic === topics.queries ? 1000 : Number.POSITIVE_INFINITY);
  const gateway = createGateway({
    log: delegating(memory, { largestRecord: largest }),
    topics,
    modelName: 'main',
    status: async () => ({}),
    accepting: () => true,
    bodyBytes: 1e6,
    inFlightBytes: 1e7,
    waiting: 2,
    followers: 1,
    backlogs: 1,
    waitSeconds: 5,
    waiters: 10,
  });
  const post = async (bytes: number) => {
    const headers = { 'content-type': 'image/png' };
    return gateway.request('/v1/queries', { method: 'POST', body: Buffer.alloc(bytes, 1), headers });
  };
  expect((await post(100)).status).toBe(202);
  const refused = await post(1000);
  expect(refused.status).toBe(413);
  expect(await refused.json()).toMatchObject({
    error: {
      code: 'image-too-large',
      field: 'body',
      value: '1000 bytes',
      message: expect.stringContaining('the topic lethe.queries allows 1000'),
      remedy: expect.stringContaining('max.message.bytes'),
    },
  });
  expect((await memory.ends([topics.queries])).get(topics.queries)).toEqual([1n]);
});
