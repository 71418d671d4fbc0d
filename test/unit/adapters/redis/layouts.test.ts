import { expect, it } from 'vitest';
import type { RedisClient } from '../../../../src/adapters/redis/client.js';
import type { Connection } from '../../../../src/adapters/redis/connection.js';
import { Keys } from '../../../../src/adapters/redis/keys.js';
import { Layouts, matching } from '../../../../src/adapters/redis/layouts.js';

/** A Redis whose layout changes between the commands that it is asked with, as others move classes. */
function changingRedis(
  versions: readonly string[],
  layouts: Readonly<Record<string, Record<string, string>>>,
) {
  const left = [...versions];
  let now = '';
  const client = {
    get: async () => {
      now = left.shift() ?? now;
      return now;
    },
    hGetAll: async () => layouts[now] ?? {},
  };
  // What a real one can't be made to do at will: to change between two commands that were sent together.
  const connection = {
    run: <T>(work: (each: RedisClient) => Promise<T>) => work(client as unknown as RedisClient),
  };
  return new Layouts(connection as unknown as Connection, new Keys('test'));
}

const LAYOUTS = { '1': { 'cil:cat': '7' }, '2': { 'mu:cat': '7' } };

it.each([
  ['changed before the read', ['1', '1', '2', '2', '2', '2', '2', '2']],
  ['changes during the read', ['1', '1', '1', '2', '2', '2', '2', '2']],
])('what is read by a layout that %s is read again by the newest', async (_, versions) => {
  const layouts = changingRedis(versions, LAYOUTS);
  await layouts.refresh();
  const read = await layouts.reading(async (_client, layout) =>
    (['cil', 'mu'] as const).map((database) => matching(layout, { database }).length),
  );
  expect(read).toEqual([0, 1]);
});

it('what is read by a layout that does not change is read once', async () => {
  const layouts = changingRedis(['1'], LAYOUTS);
  await layouts.refresh();
  let reads = 0;
  await layouts.reading(async () => ++reads);
  expect(reads).toBe(1);
});
