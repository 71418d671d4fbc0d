import type { RegistrySnapshot } from '../../../domain/classes.js';
import type {
  ClassRegistry,
  CommandReceipt,
  Decide,
  RefusedCounts,
  RefusedSample,
  RegistryChange,
} from '../../knowledgeStore.js';
import { changed, type MemoryRegistry } from '../../memory/store/memoryRegistry.js';
import { countedBy } from '../../memory/store/refusedSamples.js';
import type { DiskFile } from '../file.js';
import { bytesOf, receiptText, type Single, type SingleName } from './rows.js';

/** The class registry: read from memory, kept in the file. What changes is written first, and then done in memory. */
export class DiskRegistry implements ClassRegistry {
  /** @param isStored whether a vector of this id is stored */
  constructor(
    private readonly file: DiskFile,
    private readonly memory: MemoryRegistry,
    private readonly isStored: (id: string) => boolean,
  ) {}

  snapshot(): RegistrySnapshot {
    return this.memory.snapshot();
  }

  refresh(): Promise<RegistrySnapshot> {
    return this.memory.refresh();
  }

  /** What demands it came from here, and is in this file. */
  demand(): void {}

  async update(decide: Decide<RegistryChange | null>): Promise<RegistrySnapshot> {
    const change = decide(this.snapshot());
    return change ? this.apply(change, () => new Map()) : this.snapshot();
  }

  /**
   * Applies a change, flushed to the disk: what is told of it later must not be undone, also where the power fails.
   * @param move what is written with it; returns the vectors moved, by class
   */
  apply(change: RegistryChange, move: () => ReadonlyMap<string, number>): RegistrySnapshot {
    if (change.command && this.memory.wasCarriedOut(change.command.id)) return this.snapshot();
    const after = changed(this.snapshot(), change);
    const moved = this.file.write(
      () => {
        const vectors = move();
        this.#keep(change, after, vectors);
        return vectors;
      },
      { flushed: true },
    );
    return this.memory.applyNow(change, moved);
  }

  receipt(commandId: string): Promise<CommandReceipt | null> {
    return this.memory.receipt(commandId);
  }

  async noteRefused(task: string, samples: readonly RefusedSample[]): Promise<void> {
    this.file.write(() => {
      for (const sample of samples)
        this.keepRefused(task, { position: '', ...countedBy(sample, this.isStored) });
    });
    this.memory.noteRefusedNow(task, samples);
  }

  refusedOf(task: string): Promise<RefusedCounts> {
    return this.memory.refusedOf(task);
  }

  /** Writes that a sample was refused, as part of a change: by its id, or by its position where it has none. */
  keepRefused(task: string, { id = '', position }: RefusedSample): void {
    this.file.run('INSERT OR IGNORE INTO refused (task, id, position) VALUES (?, ?, ?)', task, id, position);
  }

  /** Writes that vectors of these ids were stored, as part of a change. */
  keepStored(ids: readonly string[]): void {
    for (const id of ids) this.file.run("DELETE FROM refused WHERE id = ? AND id <> ''", id);
  }

  #keep(change: RegistryChange, after: RegistrySnapshot, moved: ReadonlyMap<string, number>): void {
    const {
      put = [],
      drop = [],
      putTasks = [],
      dropTasks = [],
      holdersGone = [],
      command,
      detector,
    } = change;
    for (const name of drop) this.file.run('DELETE FROM class WHERE name = ?', name);
    for (const { centroid, ...record } of put)
      this.file.run(
        `INSERT INTO class (name, record, centroid) VALUES (?, ?, ?)
         ON CONFLICT (name) DO UPDATE SET record = excluded.record, centroid = excluded.centroid`,
        record.name,
        JSON.stringify(record),
        centroid && bytesOf(centroid),
      );
    for (const name of dropTasks) this.file.run('DELETE FROM task WHERE name = ?', name);
    for (const record of putTasks)
      this.file.run(
        'INSERT INTO task (name, record) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET record = excluded.record',
        record.name,
        JSON.stringify(record),
      );
    const ended = putTasks.filter(({ state }) => state !== 'open').map(({ name }) => name);
    for (const name of [...dropTasks, ...ended]) this.file.run('DELETE FROM refused WHERE task = ?', name);
    for (const { id, seenAt } of holdersGone)
      this.file.run('INSERT OR REPLACE INTO gone (id, seen_at) VALUES (?, ?)', id, seenAt);
    if (command)
      this.file.run(
        'INSERT INTO receipt (id, receipt) VALUES (?, ?)',
        command.id,
        receiptText({ ...command, registryVersion: after.version, moved }),
      );
    this.#keepSingle('version', after.version);
    if (change.model) this.#keepSingle('model', change.model);
    if (change.filterLevel) this.#keepSingle('filterLevel', change.filterLevel);
    if (change.knownLevel !== undefined) this.#keepSingle('knownLevel', change.knownLevel);
    if (detector === null) this.file.run("DELETE FROM single WHERE name = 'detector'");
    else if (detector)
      this.file.run("INSERT OR REPLACE INTO single (name, value) VALUES ('detector', ?)", detector);
  }

  #keepSingle<N extends SingleName>(name: N, value: Single<N>): void {
    keepSingle(this.file, name, value);
  }
}

/** Writes a value of which there is one, as part of a change. */
export function keepSingle<N extends SingleName>(file: DiskFile, name: N, value: Single<N>): void {
  file.run('INSERT OR REPLACE INTO single (name, value) VALUES (?, ?)', name, JSON.stringify(value));
}
