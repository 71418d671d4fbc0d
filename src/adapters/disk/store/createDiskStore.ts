import { LetheError } from '../../../domain/errors.js';
import type { FileRewrite } from '../../../domain/places.js';
import { type EmbedderIdentity, embeddersInWords, isSameEmbedder } from '../../embedderIdentity.js';
import type { KnowledgeStore } from '../../knowledgeStore.js';
import { SOLE_LEARNER } from '../../learnerLease.js';
import { refuseWrongDimensions } from '../../vectorChecks.js';
import type { DiskFile } from '../file.js';
import { DiskHolders } from './diskHolders.js';
import { DiskRegistry, keepSingle } from './diskRegistry.js';
import { DiskVectors } from './diskVectors.js';
import { loaded, single } from './loaded.js';
import { countRow, type Single } from './rows.js';

/**
 * Databases and registry in a file: what they hold outlives the process. They are read once, and then searched in memory;
 * every change is written, whole or not at all, before it is done in memory.
 * @param identity whose the file is: the model's name, and which embedder makes its vectors, of which dimension
 * @throws LetheError `config-invalid` for a file of another model, or with vectors of another embedder
 */
export function createDiskStore(file: DiskFile, identity: Single<'identity'>): KnowledgeStore {
  identify(file, identity);
  const memory = loaded(file, identity.dimension);
  const isStored = (id: string): boolean => memory.vectors.has(id);
  const vectors = new DiskVectors(file, memory.vectors);
  const registry = new DiskRegistry(file, memory.registry, isStored);
  return {
    vectors,
    registry,
    lease: SOLE_LEARNER,
    holders: new DiskHolders(file, memory.holders),
    history: null,
    async migrate(decide) {
      const { from, to, classes, ...change } = decide(registry.snapshot());
      if (change.command && memory.registry.wasCarriedOut(change.command.id))
        return { moved: new Map(), snapshot: registry.snapshot() };
      const names = classes.map(({ name }) => name);
      const snapshot = registry.apply({ put: classes, ...change }, () => vectors.keepMoved(names, from, to));
      return { moved: memory.vectors.moveNow(names, from, to), snapshot };
    },
    async insert(records, registryVersion) {
      if (registry.snapshot().version !== registryVersion) return false;
      const ids = records.map(({ id }) => id);
      if (memory.vectors.withdrawnNow(ids).size > 0) return false;
      refuseWrongDimensions(records, identity.dimension);
      file.write(() => {
        vectors.keep('cil', records);
        registry.keepStored(ids);
      });
      memory.vectors.upsertNow('cil', records);
      memory.registry.storedNow(ids);
      return true;
    },
    async withdraw(ids, learning) {
      file.write(() =>
        vectors.keepWithdrawn(ids, (id, className) => {
          const task = learning.get(className);
          if (task !== undefined) registry.keepRefused(task, { id, position: '' });
        }),
      );
      return memory.vectors.withdrawNow(ids, (id, className) => {
        const task = learning.get(className);
        if (task !== undefined) memory.registry.deletedNow(task, id);
      });
    },
    detector: async (sha256) => memory.registry.detector(sha256),
    rewriteFiles: async () => rewritten(file),
    ready: async () => undefined,
    close: () => memory.vectors.release(),
  };
}

/** Notes whose the file is, or refuses another's: vectors of two embedders must not be mixed. */
function identify(file: DiskFile, identity: Single<'identity'>): void {
  const known = single(file, 'identity');
  if (known) {
    if (known.model !== identity.model) throw otherModel(file.path, known.model);
    if (isSameEmbedder(known, identity)) {
      if (known.fingerprint === undefined && identity.fingerprint !== undefined)
        file.write(() => keepSingle(file, 'identity', identity));
      return;
    }
    const stored = file.row(countRow, 'SELECT count(*) AS count FROM vector')?.count ?? 0;
    if (stored > 0) throw otherEmbedder(file.path, known, identity);
  }
  file.write(() => keepSingle(file, 'identity', identity));
}

function rewritten(file: DiskFile): FileRewrite {
  try {
    file.rewrite();
    return 'done';
  } catch (error) {
    if (error instanceof LetheError && error.code === 'disk-full') return 'failed';
    throw error;
  }
}

function otherModel(path: string, model: string): LetheError {
  return new LetheError('config-invalid', `the folder holds the model ${model}`, {
    field: 'disk.folder',
    value: path,
    remedy: `Set model.name to ${model}, or disk.folder to another folder.`,
  });
}

function otherEmbedder(path: string, known: EmbedderIdentity, own: EmbedderIdentity): LetheError {
  return new LetheError('config-invalid', `the vectors in the folder are ${embeddersInWords(known, own)}`, {
    field: 'disk.folder',
    value: path,
    remedy: 'Set the embedder as it was, or disk.folder to another folder and learn again.',
  });
}
