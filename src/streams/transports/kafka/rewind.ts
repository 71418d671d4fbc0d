import type { Admin } from 'kafkajs';
import { LetheError } from '../../../domain/errors.js';

/** A group, and a topic that it reads. */
export interface Reading {
  readonly group: string;
  readonly topic: string;
}

/**
 * Puts a group back to the first records that were written at or after a time; it never goes forward by that.
 * @returns how many records it will read again
 * @throws LetheError `config-invalid` while the group has members
 */
export async function rewind(admin: Admin, { group, topic }: Reading, since: Date): Promise<number> {
  const { groups } = await admin.describeGroups([group]);
  if (groups.some(({ members }) => members.length > 0)) {
    throw new LetheError('config-invalid', `the group ${group} is reading`, {
      field: 'group',
      value: group,
      remedy: 'Stop all workers of this deployment first.',
      retriable: true,
    });
  }
  const [then, [committed]] = await Promise.all([
    admin.fetchTopicOffsetsByTimestamp(topic, since.getTime()),
    admin.fetchOffsets({ groupId: group, topics: [topic] }),
  ]);
  const partitions = then.flatMap(({ partition, offset }) => {
    const position = committed?.partitions.find((each) => each.partition === partition)?.offset ?? '-1';
    const again = BigInt(position) - BigInt(offset);
    return again > 0n ? [{ partition, offset, again: Number(again) }] : [];
  });
  if (partitions.length > 0) await admin.setOffsets({ groupId: group, topic, partitions });
  return partitions.reduce((sum, { again }) => sum + again, 0);
}
