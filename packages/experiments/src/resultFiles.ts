import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LetheError } from 'lethe/internal/domain/errors.js';
import type { z } from 'zod';

/** Writes a file whole or not at all: readers never see a part of it. */
export async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  const unfinished = `${file}.${process.pid}`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(unfinished, content);
    await rename(unfinished, file);
  } catch (cause) {
    await rm(unfinished, { force: true }).catch(() => undefined);
    throw new LetheError('invalid-message', `${file} can't be written`, {
      field: 'out',
      value: file,
      remedy: 'Give --out a writable folder on a disk with free space.',
      cause,
    });
  }
}

/** A part of an experiment that was done under the same settings; undefined where there is none. */
export async function keptResult<T extends { readonly settingsHash: string }>(
  file: string,
  schema: z.ZodType<T>,
  settingsHash: string,
): Promise<T | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const kept = schema.safeParse(parsed(text));
  return kept.success && kept.data.settingsHash === settingsHash ? kept.data : undefined;
}

/** A short hash of everything that a result depends on. */
export function hashOf(settings: unknown): string {
  return createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 16);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
