import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type StoredCheckpoint, versionSchema } from './checkpoint.js';
import { filesIn } from './checkpointFiles.js';
import { foreign, inOrder } from './checkpointUri.js';
import { knowsOneOf, MANIFEST_FILE } from './manifest.js';
import { placeCheckpoint } from './placeCheckpoint.js';
import { readCheckpoint } from './readCheckpoint.js';
import { ignoreMissing, removeAtOnce } from './removal.js';
import { removeUnfinished } from './unfinished.js';

/**
 * Where checkpoints are kept for every process that answers with them or trains on top of them. A checkpoint never
 * changes: its version is made of its hash. So an adapter needs no locks, only this: what `list` names is whole.
 *
 * An adapter over an object storage (S3, GCS, a blob table) is a `BlobStore` of four functions under `blobCheckpoints`;
 * one over something else implements this interface and runs the same contract test.
 */
export interface CheckpointStore {
  /**
   * Makes a local checkpoint available to others. Whole or not at all: one that breaks off half-way is not listed and can't
   * be fetched, and publishing again completes it. Publishing twice is publishing once.
   * @param local a checkpoint as the trainer wrote it; it is checked against its hashes and stays as it is
   * @returns the URI for `ModelVersion.checkpoint`; it holds no secrets, since it travels in messages
   * @throws LetheError `checkpoint-corrupt` where the local one is not whole, `unreachable` where the storage is
   */
  publish(local: StoredCheckpoint): Promise<string>;
  /**
   * Gives a local folder with the checkpoint, downloaded if need be. Safe to be called by many at a time.
   * @param sha256 SHA-256 of its manifest, as the model version names it
   * @returns the folder; every byte in it was checked against its hashes
   * @throws LetheError `checkpoint-corrupt` where it is missing or damaged, `config-invalid` where the URI is of another
   *   kind of store, `unreachable` where the storage is; then nothing is left behind
   */
  fetch(uri: string, sha256: string): Promise<string>;
  /** Removes a checkpoint and what was cached of it here; one that is not there is no error. */
  remove(uri: string): Promise<void>;
  /** URIs of all that are whole, oldest first. */
  list(): Promise<string[]>;
  /**
   * Removes every checkpoint, and what is cached here, that knows one of these classes, and what else is left of
   * models that may have known them: saved by trainings, or by processes that were killed.
   * @param keep version that stays all the same
   * @returns how many checkpoints
   */
  removeOf(classes: readonly string[], keep?: string): Promise<number>;
  /**
   * Removes what is left of checkpoints that are not whole, since a process was killed while it published or removed one.
   * Nobody may publish meanwhile.
   * @returns how many
   */
  removeTorn(): Promise<number>;
  /**
   * Removes all but the newest, here and in what is cached here.
   * @param keep how many stay
   * @param current version of the model that answers, which stays all the same
   * @returns how many were removed
   */
  removeOld(keep: number, current: string): Promise<number>;
  /** What is kept of models, what is cached here among it, and which of it knows one of these classes. */
  knowing(classes: readonly string[]): Promise<Knowing>;
}

/** Checkpoints that are kept: how many, and the versions of those that know a class; one that can't be read might. */
export interface Knowing {
  readonly kept: number;
  readonly knowing: readonly string[];
}

/**
 * Checkpoints in a folder, for processes of one machine or with a common file system. URIs are `file:` URLs.
 * @param folder usually that which the trainer writes to: publishing is then free
 */
export function folderCheckpoints(folder: string): CheckpointStore {
  const parent = resolve(folder);
  const store: CheckpointStore = {
    publish: async ({ folder: local, version, sha256 }) => {
      const there = dirname(resolve(local)) === parent;
      if (there) await readCheckpoint(local, sha256);
      const place = there ? resolve(local) : await copied(local, parent, version, sha256);
      return pathToFileURL(place).href;
    },
    fetch: async (uri, sha256) => {
      // Any folder will do: what is read is data, checked against the hash, and data directories get moved.
      const local = folderOf(uri);
      await readCheckpoint(local, sha256);
      return local;
    },
    remove: async (uri) => {
      const local = folderOf(uri);
      const version = versionSchema.safeParse(local.slice(parent.length + 1));
      if (!version.success || dirname(local) !== parent) throw foreign(uri, `checkpoints in ${parent}`);
      await removeAtOnce(local);
    },
    list: async () => {
      const names = (await readdir(parent).catch(ignoreMissing)) ?? [];
      const versions = names.filter((name) => versionSchema.safeParse(name).success);
      return inOrder(versions).map((version) => pathToFileURL(join(parent, version)).href);
    },
    removeOf: async (classes, keep) => {
      await removeUnfinished(parent, classes);
      let removed = 0;
      for (const uri of await store.list()) {
        const local = folderOf(uri);
        const manifest = await readFile(join(local, MANIFEST_FILE)).catch(ignoreMissing);
        if (local === join(parent, keep ?? '') || !manifest || !knowsOneOf(manifest, classes)) continue;
        await store.remove(uri);
        removed++;
      }
      return removed;
    },
    // Here a checkpoint comes to its place, and leaves it, in one step.
    removeTorn: async () => 0,
    removeOld: async (keep, current) => {
      const old = oldOf(await store.list(), keep, (uri) => basename(folderOf(uri)) === current);
      for (const uri of old) await store.remove(uri);
      return old.length;
    },
    knowing: async (classes) => {
      const kept = (await store.list()).map(folderOf);
      const knowing: string[] = [];
      for (const local of kept) {
        const manifest = await readFile(join(local, MANIFEST_FILE)).catch(ignoreMissing);
        if (manifest && knowsOneOf(manifest, classes)) knowing.push(basename(local));
      }
      return { kept: kept.length, knowing };
    },
  };
  return store;
}

/** Those before the newest `keep`, of a list that has the oldest first. */
export function oldOf(uris: readonly string[], keep: number, isCurrent: (uri: string) => boolean): string[] {
  return uris.slice(0, Math.max(0, uris.length - keep)).filter((uri) => !isCurrent(uri));
}

async function copied(from: string, parent: string, version: string, sha256: string): Promise<string> {
  return placeCheckpoint(parent, version, await filesIn(from), sha256);
}

function folderOf(uri: string): string {
  if (!uri.startsWith('file:')) throw foreign(uri, 'file: URLs');
  return resolve(fileURLToPath(uri));
}
