import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { forwardReportSchema } from '../../domain/messages/event.js';
import type { StoreHistory } from '../knowledgeStore.js';
import { jsonSchema, parsedAt, readAt, versionAt } from './brokenData.js';
import type { RedisRegistry } from './redisRegistry.js';
import type { RedisParts, RedisVectors } from './redisVectors.js';
import { BRING_FORWARD, HOLD, missingOutcome, REPORTED, runScript, type Script, VERIFY } from './scripts.js';

/** How a store in Redis that went back catches up. */
export function redisHistory(
  { connection, keys, fence, serverRun }: Pick<RedisParts, 'connection' | 'keys' | 'fence' | 'serverRun'>,
  vectors: RedisVectors,
  { held, asItIs }: { readonly held: RedisRegistry; readonly asItIs: RedisRegistry },
): StoreHistory {
  const call = (script: Script, ...words: readonly string[]): Promise<string> => {
    const token = randomUUID();
    return connection.run((client) => runScript(client, script, { keys, fence }, [token, ...words]));
  };
  return {
    standing: async () => {
      // Before the store is asked: a change that is made meanwhile is no sign that it went back.
      const seen = held.known;
      const [run, [version, behind, verified]] = await connection.run(async (client) => {
        // Of the server that is asked here: a reply of another one would be an error first.
        const { id } = serverRun;
        return [id, await client.mGet([keys.version, keys.behind, keys.verified])] as const;
      });
      const found = versionAt(keys.version, version);
      const known = Math.max(seen, versionAt(keys.behind, behind));
      const isHeld = behind !== null && behind !== undefined;
      return {
        ...{ found, known },
        isBehind: found < known || isHeld,
        isVerified: run === null || run === verified,
        run,
      };
    },
    verify: async (looked) => void (await call(VERIFY, looked ?? '')),
    onlyVerified: () => held.onlyVerified(),
    hold: async (known, missing = []) => missingOutcome(await call(HOLD, String(known), ...missing)),
    asItIs: {
      vectors,
      registry: asItIs,
      migrate: (decide) => asItIs.migrate(decide),
      withdraw: (ids, learning) => vectors.withdraw(ids, learning),
    },
    bringForward: async (report) => void (await call(BRING_FORWARD, JSON.stringify(report))),
    unreported: () =>
      connection.run(async (client) => {
        const kept = await readAt(keys.forward, client.hGetAll(keys.forward));
        if (Object.keys(kept).length === 0) return null;
        const { report, registryVersion } = parsedAt(keys.forward, keptSchema, kept);
        return { kind: 'store-brought-forward', ...report, registryVersion };
      }),
    reported: async () => void (await call(REPORTED)),
  };
}

const keptSchema = z.object({
  report: jsonSchema.pipe(forwardReportSchema),
  registryVersion: z.coerce.number().pipe(z.int().nonnegative()),
});
