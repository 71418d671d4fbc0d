import { Keys } from './keys.js';

/** What a user of Redis must be allowed to do for Lethe, and no more. */
const COMMANDS = [
  'ping hello client|setinfo',
  'get mget set incr exists del unlink',
  'hget hgetall hmget hset hdel hkeys',
  'sadd srem spop scard sscan smembers sismember smismember',
  'zadd zrem zrange',
  'eval evalsha',
  'ft.create ft.info ft.search',
];

/**
 * The rules of an ACL user with the least rights, for `ACL SETUSER name ... >password`. Where it may also `config|get`,
 * Lethe can tell whether Redis keeps its data on disk; with `bgrewriteaof` and `bgsave` too, an erasure has Redis write its
 * files without what was erased.
 */
export function redisAccess(model: string): string[] {
  const commands = COMMANDS.flatMap((line) => line.split(' ')).map((command) => `+${command}`);
  return ['on', 'resetkeys', `~${new Keys(model).prefix}*`, 'nocommands', ...commands];
}
