import type { Admin } from 'kafkajs';
import { LetheError } from '../../domain/errors.js';

/** A group, and a topic that it reads. */
export interface Reading {
  readonly group: string;
  readonly topic: string;
}

/**
 * Moves a group back to the first records that were written at or after a time; never forward.
 * @returns how many records it will read again
 * @throws LetheError `config-invalid` while the group has members
 */
export async function rewind(admin: Admin, { group, topic }: Reading, since: Date): Promise<number> {
  await refuseReaders(admin, group);
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

/**
 * Moves a group past records that were deleted before it read them, so that it continues. A learner that waits for
 * this reads nothing, and need not be stopped.
 * @returns the skipped offsets of each partition, the last one exclusive
 * @throws LetheError `config-invalid` while the group has members
 */
export async function acceptLoss(
  admin: Admin,
  { group, topic }: Reading,
): Promise<readonly { readonly partition: number; readonly from: string; readonly to: string }[]> {
  await refuseReaders(admin, group);
  const [kept, [committed]] = await Promise.all([
    admin.fetchTopicOffsets(topic),
    admin.fetchOffsets({ groupId: group, topics: [topic] }),
  ]);
  const lost = kept.flatMap(({ partition, low }) => {
    const found = committed?.partitions.find((each) => each.partition === partition)?.offset ?? '-1';
    const from = BigInt(found) < 0n ? 0n : BigInt(found);
    return from < BigInt(low) ? [{ partition, from: String(from), to: low }] : [];
  });
  const partitions = lost.map(({ partition, to }) => ({ partition, offset: to }));
  if (partitions.length > 0) await admin.setOffsets({ groupId: group, topic, partitions });
  return lost;
}

async function refuseReaders(admin: Admin, group: string): Promise<void> {
  const { groups } = await admin.describeGroups([group]);
  if (groups.every(({ members }) => members.length === 0)) return;
  throw new LetheError('config-invalid', `the group ${group} is reading`, {
    field: 'group',
    value: group,
    remedy: 'Stop all workers of this deployment first.',
    retriable: true,
  });
}
