import { join } from 'node:path';
import { versionSchema } from './checkpoint.js';
import { type CheckpointFiles, corrupt, filesIn } from './checkpointFiles.js';
import { type CheckpointStore, folderCheckpoints, oldOf } from './checkpointStore.js';
import { inOrder, versionOf } from './checkpointUri.js';
import { knowsOneOf, MANIFEST_FILE, WEIGHTS_FILE } from './manifest.js';
import { placeCheckpoint } from './placeCheckpoint.js';
import { parseCheckpoint, readCheckpoint } from './readCheckpoint.js';
import { removeAtOnce } from './removal.js';

/**
 * A store of bytes by key, e.g. a bucket (S3: GetObject, PutObject, DeleteObject, ListObjectsV2) or Redis strings.
 * Keys have the form `v0003-1f0c93ab/weights.bin`; an adapter may add a prefix, and must remove it in `keys`. If the
 * storage is unreachable, each function rejects, preferably with a retriable LetheError `unreachable`.
 */
export interface BlobStore {
  /** The bytes, or null if there are none. */
  get(key: string): Promise<Uint8Array | null>;
  /**
   * Stores the bytes completely or not at all, and replaces existing ones; once it resolves, every reader gets them.
   */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /**
   * Removes the bytes of these keys, in one step if the storage can, otherwise in this order; a missing key is no
   * error.
   */
  delete(keys: readonly string[]): Promise<void>;
  /** All keys that begin with `prefix`, over all pages, in any order. */
  keys(prefix: string): Promise<string[]>;
}

export interface BlobCheckpointsOptions {
  /** Local folder of fetched checkpoints. It may be the folder of the trainer: what is there is not downloaded. */
  readonly cache: string;
  /** First part of the URIs, e.g. `redis` or `s3`. */
  readonly scheme: string;
}

/**
 * Checkpoints in a store of bytes. URIs are `<scheme>:<version>`. The manifest is written last and removed first: a
 * checkpoint whose manifest is there is whole.
 */
export function blobCheckpoints(
  blobs: BlobStore,
  { cache, scheme }: BlobCheckpointsOptions,
): CheckpointStore {
  const store: CheckpointStore = {
    publish: async ({ folder, version, sha256 }) => {
      const files = await filesIn(folder);
      parseCheckpoint(files, sha256);
      await blobs.put(keyOf(version, WEIGHTS_FILE), files.weights);
      await blobs.put(keyOf(version, MANIFEST_FILE), files.manifest);
      return `${scheme}:${version}`;
    },
    fetch: async (uri, sha256) => {
      const version = versionOf(uri, scheme);
      const folder = join(cache, version);
      const cached = await readCheckpoint(folder, sha256).catch(() => undefined);
      return cached ? folder : placeCheckpoint(cache, version, await downloaded(blobs, version), sha256);
    },
    remove: async (uri) => {
      const version = versionOf(uri, scheme);
      await blobs.delete([keyOf(version, MANIFEST_FILE), keyOf(version, WEIGHTS_FILE)]);
      await removeAtOnce(join(cache, version));
    },
    list: async () => {
      const versions = (await blobs.keys('v')).flatMap((key) => {
        const version = versionSchema.safeParse(key.slice(0, key.indexOf('/')));
        return version.success && key === keyOf(version.data, MANIFEST_FILE) ? [version.data] : [];
      });
      return inOrder(versions).map((version) => `${scheme}:${version}`);
    },
    removeOf: async (classes, keep) => {
      let removed = 0;
      for (const uri of await store.list()) {
        const version = versionOf(uri, scheme);
        const manifest = await blobs.get(keyOf(version, MANIFEST_FILE));
        if (version === keep || !manifest || !knowsOneOf(Buffer.from(manifest), classes)) continue;
        await store.remove(uri);
        removed++;
      }
      await folderCheckpoints(cache).removeOf(classes, keep);
      return removed;
    },
    removeTorn: async () => {
      const keys = new Set(await blobs.keys('v'));
      const torn = [...keys].filter((key) => {
        const [version = '', file] = key.split('/');
        return file === WEIGHTS_FILE && !keys.has(keyOf(version, MANIFEST_FILE));
      });
      if (torn.length > 0) await blobs.delete(torn);
      return torn.length;
    },
    removeOld: async (keep, current) => {
      const old = oldOf(await store.list(), keep, (uri) => versionOf(uri, scheme) === current);
      for (const uri of old) await store.remove(uri);
      return old.length + (await folderCheckpoints(cache).removeOld(keep, current));
    },
    knowing: async (classes) => {
      const versions = (await store.list()).map((uri) => versionOf(uri, scheme));
      const cached = await folderCheckpoints(cache).knowing(classes);
      const knowing = new Set(cached.knowing);
      for (const version of versions) {
        const manifest = await blobs.get(keyOf(version, MANIFEST_FILE));
        if (manifest && knowsOneOf(Buffer.from(manifest), classes)) knowing.add(version);
      }
      return { kept: versions.length, knowing: [...knowing] };
    },
  };
  return store;
}

/** Not verified: `placeCheckpoint` compares what it wrote with the hashes before anybody sees it. */
async function downloaded(blobs: BlobStore, version: string): Promise<CheckpointFiles> {
  return {
    manifest: await blobOf(blobs, version, MANIFEST_FILE),
    weights: await blobOf(blobs, version, WEIGHTS_FILE),
  };
}

async function blobOf(blobs: BlobStore, version: string, file: string): Promise<Buffer> {
  const key = keyOf(version, file);
  const bytes = await blobs.get(key);
  if (bytes !== null) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  throw corrupt(file, 'is not in the store', {
    value: key,
    remedy:
      'Publish the checkpoint again from the machine that trained it, restore the store from a backup, or learn its task again.',
  });
}

function keyOf(version: string, file: string): string {
  return `${version}/${file}`;
}
