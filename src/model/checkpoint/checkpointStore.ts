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
 * Store of checkpoints for every process that answers with them or trains on them. A checkpoint never changes: its
 * version contains its hash. So an adapter needs no locks, only one property: what `list` returns is complete. An
 * adapter for an object storage (S3, GCS, a blob table) is a `BlobStore` of four functions under `blobCheckpoints`;
 * one for another storage implements this interface and runs the same contract test.
 */
export interface CheckpointStore {
  /**
   * Makes a local checkpoint available to others, completely or not at all: an interrupted publication is not listed
   * and cannot be fetched, and publishing again completes it. Idempotent.
   * @param local a checkpoint as the trainer wrote it; it is verified against its hashes and stays unchanged
   * @returns the URI for `ModelVersion.checkpoint`; it contains no secrets, because it travels in messages
   * @throws LetheError `checkpoint-corrupt` if the local one is incomplete, `unreachable` if the storage is
   */
  publish(local: StoredCheckpoint): Promise<string>;
  /**
   * Returns a local folder with the checkpoint, downloaded if necessary. Safe for concurrent calls.
   * @param sha256 SHA-256 of its manifest, from the model version
   * @returns the folder; every byte in it was verified against its hashes
   * @throws LetheError `checkpoint-corrupt` if it is missing or damaged, `config-invalid` if the URI belongs to
   * another kind of store, `unreachable` if the storage is; then nothing is left behind
   */
  fetch(uri: string, sha256: string): Promise<string>;
  /** Removes a checkpoint and its local cache; a missing one is no error. */
  remove(uri: string): Promise<void>;
  /** URIs of all that are whole, oldest first. */
  list(): Promise<string[]>;
  /**
   * Removes every checkpoint, including the local cache, that knows one of these classes, and other remains of models
   * that may have known them, from trainings or from killed processes.
   * @param keep version to keep anyway
   * @returns the number of checkpoints
   */
  removeOf(classes: readonly string[], keep?: string): Promise<number>;
  /**
   * Removes incomplete checkpoints of processes that were killed while they published or removed one. Nobody may
   * publish meanwhile.
   * @returns their number
   */
  removeTorn(): Promise<number>;
  /**
   * Removes all but the newest, in the store and in the local cache.
   * @param keep how many to keep
   * @param current version of the current model, which is always kept
   * @returns the number of removed ones
   */
  removeOld(keep: number, current: string): Promise<number>;
  /** The stored models, including the local cache, and those that know one of these classes. */
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
