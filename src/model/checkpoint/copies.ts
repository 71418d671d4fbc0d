import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { LetheError } from '../../domain/errors.js';
import { folderCheckpoints } from './checkpointStore.js';
import { flushFolder, writeFlushed } from './files.js';
import { ignoreMissing } from './removal.js';
import { unfinishedOf } from './unfinished.js';

/** The copies of models in a worker's own folder, wherever the shared ones are. */
export interface Copies {
  /** Of the folder: it stays as long as the folder. */
  readonly id: string;
  readonly folder: string;
  /** Runs work that may write a copy of a model that knows these classes. */
  writing<T>(classes: readonly string[], work: () => Promise<T>): Promise<T>;
  /** Resolves when no work that writes such a copy is in progress any more. */
  written(classes: readonly string[]): Promise<void>;
  /** Names of the files that know one of these classes, or might: checkpoints, and remains of unfinished ones. */
  look(classes: readonly string[]): Promise<string[]>;
  /** Removes all copies; shared models are fetched again when needed. */
  clear(): Promise<void>;
}

const idSchema = z.object({ id: z.uuid() });

/** The copies in a folder, which gets an id if it has none. */
export async function copiesIn(folder: string): Promise<Copies> {
  const checkpoints = folderCheckpoints(folder);
  const underWay = new Set<{ readonly classes: readonly string[]; readonly ended: Promise<unknown> }>();
  return {
    id: await idOf(resolve(folder)),
    folder: resolve(folder),
    writing: async (classes, work) => {
      const ended = work();
      const entry = { classes, ended };
      underWay.add(entry);
      try {
        return await ended;
      } finally {
        underWay.delete(entry);
      }
    },
    written: async (classes) => {
      const concerned = [...underWay].filter((each) => each.classes.some((name) => classes.includes(name)));
      await Promise.allSettled(concerned.map(({ ended }) => ended));
    },
    look: async (classes) => {
      const { knowing } = await checkpoints.knowing(classes);
      return [...knowing, ...(await unfinishedOf(folder, classes))];
    },
    clear: async () => {
      for (const uri of await checkpoints.list()) await checkpoints.remove(uri);
    },
  };
}

/**
 * The id of the folder. Its file name contains the inode of the folder, so a copy of the folder with its content is
 * another holder. Two workers that start with the same folder at the same time get the same id: creating a link is
 * atomic.
 */
async function idOf(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const { ino } = await stat(folder, { bigint: true });
  const path = join(folder, `.holder-${ino}.json`);
  const known = await readFile(path, 'utf8').catch(ignoreMissing);
  if (known !== undefined) return idIn(known, path);
  const temporary = `${path}.${randomUUID()}`;
  await writeFlushed(temporary, Buffer.from(JSON.stringify({ id: randomUUID() })));
  await link(temporary, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(temporary);
  await flushFolder(folder);
  return idOf(folder);
}

/** @throws LetheError `config-invalid` for a file that someone else wrote, or that a disk spoilt */
function idIn(known: string, path: string): string {
  try {
    return idSchema.parse(JSON.parse(known)).id;
  } catch (cause) {
    throw new LetheError('config-invalid', `${path} does not hold the id of its folder`, {
      field: 'model.checkpoints',
      value: path,
      remedy:
        'Delete the file: the folder gets a new id. Then declare the former one gone (`lethe workers`, `lethe workers gone <id>`).',
      cause,
    });
  }
}
