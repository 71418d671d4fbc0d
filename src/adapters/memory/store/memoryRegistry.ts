import { sha256 } from '../../../domain/auditChain.js';
import { EMPTY_REGISTRY, type RegistrySnapshot } from '../../../domain/classes.js';
import type {
  ClassRegistry,
  CommandReceipt,
  Decide,
  RefusedCounts,
  RefusedSample,
  RegistryChange,
} from '../../knowledgeStore.js';
import type { MemoryHolders } from './memoryHolders.js';
import { RefusedSamples } from './refusedSamples.js';

/** What a registry begins with. */
export interface RegistryState {
  readonly snapshot: RegistrySnapshot;
  readonly receipts: readonly CommandReceipt[];
  readonly detector: Uint8Array | null;
}

/** The class registry in the memory of this process. */
export class MemoryRegistry implements ClassRegistry {
  #snapshot: RegistrySnapshot = EMPTY_REGISTRY;
  readonly #receipts = new Map<string, CommandReceipt>();
  readonly #refused: RefusedSamples;
  #detector: Uint8Array | null = null;

  /**
   * @param isStored whether a vector of this id is stored
   * @param state what it begins with; empty by default
   */
  constructor(
    isStored: (id: string) => boolean,
    private readonly holders: MemoryHolders,
    state?: RegistryState,
  ) {
    this.#refused = new RefusedSamples(isStored);
    if (!state) return;
    this.#snapshot = state.snapshot;
    this.#detector = state.detector;
    for (const receipt of state.receipts) this.#receipts.set(receipt.id, receipt);
  }

  snapshot(): RegistrySnapshot {
    return this.#snapshot;
  }

  async refresh(): Promise<RegistrySnapshot> {
    return this.#snapshot;
  }

  /** What demands it came from here, and is here as long as the process. */
  demand(): void {}

  async update(decide: Decide<RegistryChange | null>): Promise<RegistrySnapshot> {
    const change = decide(this.#snapshot);
    return change ? this.applyNow(change) : this.#snapshot;
  }

  /** Applies a change within this turn of the event loop, so that others' changes can be part of the same step. */
  applyNow(change: RegistryChange, moved: ReadonlyMap<string, number> = new Map()): RegistrySnapshot {
    const { command, putTasks = [], dropTasks = [], holdersGone = [] } = change;
    if (command && this.#receipts.has(command.id)) return this.#snapshot;
    this.#snapshot = changed(this.#snapshot, change);
    if (change.detector !== undefined) this.#detector = change.detector;
    for (const task of dropTasks) this.#refused.drop(task);
    for (const { name, state } of putTasks) if (state !== 'open') this.#refused.drop(name);
    this.holders.goneNow(holdersGone);
    if (command) {
      this.#receipts.set(command.id, { ...command, registryVersion: this.#snapshot.version, moved });
    }
    return this.#snapshot;
  }

  /** The detector's bytes, where it is this one. */
  detector(sha256: string): Uint8Array | null {
    return sha256 === this.#snapshot.detector ? this.#detector : null;
  }

  async receipt(commandId: string): Promise<CommandReceipt | null> {
    return this.#receipts.get(commandId) ?? null;
  }

  wasCarriedOut(commandId: string): boolean {
    return this.#receipts.has(commandId);
  }

  async noteRefused(task: string, samples: readonly RefusedSample[]): Promise<void> {
    this.noteRefusedNow(task, samples);
  }

  /** As {@link noteRefused}, within this turn of the event loop. */
  noteRefusedNow(task: string, samples: readonly RefusedSample[]): void {
    this.#refused.note(task, samples);
  }

  async refusedOf(task: string): Promise<RefusedCounts> {
    return this.#refused.of(task);
  }

  /** Vectors of these ids were stored, within this turn of the event loop. */
  storedNow(ids: readonly string[]): void {
    this.#refused.forget(ids);
  }

  /** Vectors of a task that is under way were deleted, within this turn of the event loop. */
  deletedNow(task: string, id: string): void {
    this.#refused.note(task, [{ id, position: '' }]);
  }
}

/** The state after a change. */
export function changed(before: RegistrySnapshot, change: RegistryChange): RegistrySnapshot {
  const {
    put = [],
    drop = [],
    putTasks = [],
    dropTasks = [],
    model,
    filterLevel,
    knownLevel,
    detector,
  } = change;
  return {
    version: before.version + 1,
    classes: changedMap(before.classes, put, drop),
    tasks: changedMap(before.tasks, putTasks, dropTasks),
    model: model ?? before.model,
    filterLevel: filterLevel ?? before.filterLevel,
    detector: detector === undefined ? before.detector : detector && sha256(detector),
    knownLevel: knownLevel ?? before.knownLevel,
  };
}

function changedMap<T extends { readonly name: string }>(
  before: ReadonlyMap<string, T>,
  put: readonly T[],
  drop: readonly string[],
): ReadonlyMap<string, T> {
  const after = new Map(before);
  for (const name of drop) after.delete(name);
  for (const record of put) after.set(record.name, record);
  return after;
}
