import { existsSync } from 'node:fs';
import type { DiskFile } from '../../adapters/disk/file.js';
import { LetheError } from '../../domain/errors.js';
import type { LetheConfig } from '../config/schema.js';

/** Told when the disk takes no writes, with why, and when it does again. */
export type OnWrites = (isWell: boolean, why?: string) => void;

/**
 * The file of what is kept on disk, opened; null where the config keeps nothing there.
 * @param options.creates whether a file that is missing is created; false for those who only read
 * @throws LetheError `config-invalid` where another process has it, it can't be used, or it is missing
 */
export async function openDisk(
  { stores, transport, disk }: LetheConfig,
  onWrites: OnWrites,
  { creates = true }: { readonly creates?: boolean } = {},
): Promise<DiskFile | null> {
  if (stores.kind !== 'disk' && transport.kind !== 'disk') return null;
  const { DiskFile, diskFileIn } = await import('../../adapters/disk/file.js');
  if (!creates && !existsSync(diskFileIn(disk.folder))) throw nothingKept(disk.folder);
  return new DiskFile(disk.folder, (why) => onWrites(why === null, why ?? undefined));
}

function nothingKept(folder: string): LetheError {
  return new LetheError('config-invalid', 'no Lethe has kept anything in this folder', {
    field: 'disk.folder',
    value: folder,
    remedy: 'Set disk.folder to the folder of a Lethe that has run (`lethe run`).',
  });
}
