import { z } from 'zod';
import { type Holder, holderSchema, type KnownHolder } from '../../domain/holders.js';
import type { Holders } from '../holders.js';
import { jsonSchema, parsedAt, readAt } from './brokenData.js';
import type { Connection } from './connection.js';
import type { Keys } from './keys.js';

const storedSchema = z.record(z.string(), jsonSchema.pipe(holderSchema));
const goneSchema = z.record(z.string(), z.string());

/**
 * The holders in a hash of Redis, by their ids. Written by plain commands, that every worker may use on this key alone: whoever
 * answers changes nothing else, and has no right to run scripts.
 */
export function redisHolders(connection: Connection, { holders, holdersGone }: Keys): Holders {
  return {
    list: () =>
      connection.run(async (client) => {
        const [found, declared] = await Promise.all([
          readAt(holders, client.hGetAll(holders)),
          readAt(holdersGone, client.hGetAll(holdersGone)),
        ]);
        const gone = parsedAt(holdersGone, goneSchema, { ...declared });
        return Object.values(parsedAt(holders, storedSchema, { ...found })).map(
          (holder): KnownHolder => ({ ...holder, gone: gone[holder.id] === holder.seenAt }),
        );
      }),
    note: async (holder: Holder) => {
      await connection.run((client) => client.hSet(holders, holder.id, JSON.stringify(holder)));
    },
    drop: async (id) => {
      await connection.run((client) => client.hDel(holders, id));
    },
  };
}
