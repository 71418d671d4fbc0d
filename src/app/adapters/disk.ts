import type { DiskFile } from '../../adapters/disk/file.js';
import type { LetheConfig } from '../config/schema.js';

/** Told when the disk takes no writes, with why, and when it does again. */
export type OnWrites = (isWell: boolean, why?: string) => void;

/**
 * The file of what is kept on disk, opened; null where the config keeps nothing there.
 * @throws LetheError `config-invalid` where another process has it, or it can't be used
 */
export async function openDisk(
  { stores, transport, disk }: LetheConfig,
  onWrites: OnWrites,
): Promise<DiskFile | null> {
  if (stores.kind !== 'disk' && transport.kind !== 'disk') return null;
  const { DiskFile } = await import('../../adapters/disk/file.js');
  return new DiskFile(disk.folder, (why) => onWrites(why === null, why ?? undefined));
}
