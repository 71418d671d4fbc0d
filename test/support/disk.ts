import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { delegating } from '../../src/adapters/delegating.js';
import { DiskFile } from '../../src/adapters/disk/file.js';
import { createDiskLog } from '../../src/adapters/disk/log/diskLog.js';
import { createDiskStore } from '../../src/adapters/disk/store/createDiskStore.js';
import type { EventLog } from '../../src/adapters/eventLog.js';
import type { KnowledgeStore } from '../../src/adapters/knowledgeStore.js';
import type { LocalLogOptions } from '../../src/adapters/memory/log/localLog.js';

/** A folder for a test. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'lethe-disk-'));
}

/** A store and a log in a folder of their own, which stand for those of one process after the other. */
export interface Reopened {
  readonly folder: string;
  readonly store: KnowledgeStore;
  readonly log: EventLog;
  /** Opens the folder again, as the next process does. */
  reopen(): void;
  close(): void;
}

const ROOMY: LocalLogOptions = { partitions: 2, capacity: { records: 10_000, bytes: 2 ** 28 } };

export function reopened(dimension: number, options: LocalLogOptions = ROOMY): Reopened {
  const folder = temporaryFolder();
  const open = () => {
    const file = new DiskFile(folder);
    const identity = { model: 'main', embedder: 'test', dimension };
    return { file, store: createDiskStore(file, identity), log: createDiskLog(options, file) };
  };
  let opened = open();
  const end = (): void => {
    void opened.log.close();
    void opened.store.close();
    opened.file.close();
  };
  const now = <T extends object>(of: () => T): T =>
    new Proxy({} as T, {
      get: (_, name) => {
        const value: unknown = Reflect.get(of(), name, of());
        return typeof value === 'function' ? value.bind(of()) : value;
      },
      has: (_, name) => name in of(),
    });
  const store: KnowledgeStore = {
    vectors: now(() => opened.store.vectors),
    registry: now(() => opened.store.registry),
    lease: opened.store.lease,
    holders: now(() => opened.store.holders),
    history: null,
    migrate: (decide) => opened.store.migrate(decide),
    insert: (records, version) => opened.store.insert(records, version),
    withdraw: (ids, learning) => opened.store.withdraw(ids, learning),
    detector: (sha256) => opened.store.detector(sha256),
    rewriteFiles: () => opened.store.rewriteFiles(),
    ready: () => opened.store.ready(),
    close: async () => end(),
  };
  return {
    folder,
    store,
    log: delegating(
      now(() => opened.log),
      {},
    ),
    reopen: () => {
      end();
      opened = open();
    },
    close: () => {
      end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
