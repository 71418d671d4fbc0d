import { describe, expect, it } from 'vitest';
import { createMemoryLog } from '../../../src/adapters/memory/log/memoryLog.js';
import { newestRecord } from '../../../src/adapters/newestRecord.js';

async function written(values: readonly string[]) {
  const log = createMemoryLog({ partitions: 1, capacity: { records: 10_000, bytes: 2 ** 24 } });
  await log.publish(
    values.map((value) => ({ topic: 'models', key: null, value: Buffer.from(value), headers: {} })),
  );
  const found = await newestRecord(log, 'models', ({ value }) => value.toString().startsWith('ours'));
  await log.close();
  return found?.value.toString() ?? null;
}

describe('the newest record', () => {
  it('is the last one that is what is looked for, whatever others wrote behind it', async () => {
    expect(await written(['ours 1', 'ours 2', 'theirs'])).toBe('ours 2');
  });

  it('is found however far back it lies', async () => {
    expect(await written(['ours 1', ...Array.from({ length: 300 }, () => 'theirs')])).toBe('ours 1');
  });

  it('may be none', async () => {
    expect(await written(['theirs'])).toBeNull();
    expect(await written([])).toBeNull();
  });
});
