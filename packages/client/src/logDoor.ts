import type { EventLog } from 'lethe/internal/adapters/eventLog.js';
import type { Door } from 'lethe/internal/following/door.js';
import { concatMap, from, lastValueFrom, mergeMap } from 'rxjs';

/** Records on their way to the log at a time. */
const PUBLISHING = 256;
const IN_FLIGHT = 256;

/** The way to a Lethe through the log that it reads. */
export function logDoor(log: EventLog, { topics, modelName, actor }: Omit<Door, 'publish' | 'tail'>): Door {
  return {
    topics,
    ...(modelName !== undefined && { modelName }),
    actor,
    publish: (records) =>
      lastValueFrom(from(records).pipe(mergeMap((record) => log.publish([record]), PUBLISHING)), {
        defaultValue: undefined,
      }),
    async tail(role) {
      const topic = topics[role];
      const group = `client-${crypto.randomUUID()}`;
      const ends = await log.ends([topic]);
      return log.read({ topics: [topic], group, maxInFlight: IN_FLIGHT, from: ends, transient: true }).pipe(
        concatMap(async (record) => {
          await log.settle(group, [{ input: record, outputs: [] }]);
          return record;
        }),
      );
    },
  };
}
