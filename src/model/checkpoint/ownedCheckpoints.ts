import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { versionSchema } from './checkpoint.js';
import type { CheckpointStore } from './checkpointStore.js';
import { writeWhole } from './files.js';
import { ignoreMissing, removeAtOnce } from './removal.js';

/** Whose models these are: a process whose registry is in its memory, so that no other will ever name them. */
export interface Owner {
  /** Name of the model, as the config says. */
  readonly model: string;
  readonly host: string;
  readonly pid: number;
}

/** What previous owners left. */
export interface LeftCheckpoints {
  /** How many were removed: of processes of the same model, on this machine, that have ended. */
  readonly removed: number;
  /** Versions in the folder whose owner is not known to have ended: perhaps of another deployment. */
  readonly left: readonly string[];
}

/** Checkpoints in a folder whose owner notes which are its own. */
export interface OwnedCheckpoints extends CheckpointStore {
  /** Removes what ended owners left, and returns what else is there. Must be called before anything is published. */
  removeLeft(): Promise<LeftCheckpoints>;
  /** Its owner has ended: another one in this process may remove them. */
  release(): void;
}

const NOTE_PREFIX = '.owned-';
/** Notes of owners in this process that have not ended. */
const LIVE = new Set<string>();
const noteSchema = z.object({
  model: z.string(),
  host: z.string(),
  pid: z.int(),
  versions: z.array(versionSchema),
});
type Note = z.infer<typeof noteSchema>;

/**
 * Checkpoints of a process that loses its registry when it ends. It records beside them which ones are its own, so
 * that the next process can remove them: no command could, without the registry. Files of others in the folder stay.
 * @param folder that of `checkpoints`
 */
export function ownedCheckpoints(
  folder: string,
  checkpoints: CheckpointStore,
  owner: Owner,
): OwnedCheckpoints {
  const parent = resolve(folder);
  const own = join(parent, `${NOTE_PREFIX}${randomUUID()}.json`);
  const versions = new Set<string>();
  /** Existing versions: one that is trained again, to the same bytes, keeps its owner. */
  let foreign: readonly string[] = [];
  LIVE.add(own);
  return {
    ...checkpoints,
    release: () => void LIVE.delete(own),
    publish: async (local) => {
      // Noted first: one that is noted and not there is no error, one that is there and not noted would stay.
      if (!foreign.includes(local.version)) versions.add(local.version);
      await mkdir(parent, { recursive: true });
      await writeWhole(
        own,
        Buffer.from(JSON.stringify({ ...owner, versions: [...versions] } satisfies Note)),
      );
      return checkpoints.publish(local);
    },
    removeLeft: async () => {
      let removed = 0;
      for (const [path, note] of await notesIn(parent)) {
        if (LIVE.has(path) || !hasEnded(note, owner)) continue;
        for (const version of note.versions) {
          const isThere = (await versionsIn(parent)).includes(version);
          await removeAtOnce(join(parent, version));
          removed += Number(isThere);
        }
        await rm(path, { force: true });
      }
      foreign = await versionsIn(parent);
      return { removed, left: foreign };
    },
  };
}

async function notesIn(parent: string): Promise<[path: string, note: Note][]> {
  const names = (await readdir(parent).catch(ignoreMissing)) ?? [];
  const notes: [string, Note][] = [];
  for (const name of names.filter((each) => each.startsWith(NOTE_PREFIX) && each.endsWith('.json'))) {
    const path = join(parent, name);
    const text = await readFile(path, 'utf8').catch(ignoreMissing);
    const note = text === undefined ? undefined : noteSchema.safeParse(jsonOr(text));
    // One that can't be read tells of nobody's end: what it is about is listed as left.
    if (note?.success) notes.push([path, note.data]);
  }
  return notes;
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function versionsIn(parent: string): Promise<string[]> {
  const names = (await readdir(parent).catch(ignoreMissing)) ?? [];
  return names.filter((name) => versionSchema.safeParse(name).success).sort();
}

/** A process of this machine that runs no more. One that had this process's id did so before it. */
function hasEnded({ model, host, pid }: Note, owner: Owner): boolean {
  if (model !== owner.model || host !== owner.host) return false;
  return pid === owner.pid || !isRunning(pid);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process may not be signalled, but it runs.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
