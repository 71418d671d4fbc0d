import { randomUUID } from 'node:crypto';
import { EMPTY_REGISTRY, type RegistrySnapshot } from '../../domain/classes.js';
import type {
  ClassRegistry,
  CommandReceipt,
  Decide,
  Migration,
  MigrationResult,
  RegistryChange,
} from '../knowledgeStore.js';
import type { Connection } from './connection.js';
import type { EntitySchemas } from './entities.js';
import type { Fence } from './fence.js';
import type { Keys } from './keys.js';
import type { Layouts } from './layouts.js';
import { movedOf } from './redisVectors.js';
import { readReceipt, readSnapshot } from './registryReader.js';
import { changeCommands, flattened } from './registryWords.js';
import { CHANGE, runScript } from './scripts.js';

/** Positions that one command notes. */
const NOTED_AT_ONCE = 1000;

/** Vectors that a change of the registry moves along. */
type Move = Pick<Migration, 'from' | 'to'> & { readonly names: readonly string[] };

/** The registry in Redis. A change is made by one script, provided that the registry is as it was when decided. */
export class RedisRegistry implements ClassRegistry {
  readonly #connection: Connection;
  readonly #keys: Keys;
  readonly #schemas: EntitySchemas;
  readonly #layouts: Layouts;
  readonly #fence: Fence;
  #snapshot = EMPTY_REGISTRY;
  #loading: Promise<void> | undefined;
  /** Changes of this process wait for each other: they would only make each other decide again. */
  #lastChange: Promise<unknown> = Promise.resolve();

  constructor(connection: Connection, keys: Keys, schemas: EntitySchemas, layouts: Layouts, fence: Fence) {
    this.#connection = connection;
    this.#fence = fence;
    this.#keys = keys;
    this.#schemas = schemas;
    this.#layouts = layouts;
  }

  snapshot(): RegistrySnapshot {
    return this.#snapshot;
  }

  async refresh(): Promise<RegistrySnapshot> {
    for (;;) {
      const [version = null, layoutVersion = null] = await this.#connection.run((client) =>
        client.mGet([this.#keys.version, this.#keys.layoutVersion]),
      );
      const isNewest = Number(version ?? 0) === this.#snapshot.version;
      const hasLayout = this.#layouts.isAt(layoutVersion);
      if (isNewest && hasLayout) return this.#snapshot;
      await Promise.all([
        isNewest ? undefined : this.#load(),
        hasLayout ? undefined : this.#layouts.refresh(),
      ]);
    }
  }

  update(decide: Decide<RegistryChange | null>): Promise<RegistrySnapshot> {
    return this.#inTurn(async () => {
      for (;;) {
        const snapshot = await this.refresh();
        const change = decide(snapshot);
        if (!change) return snapshot;
        if ((await this.#commit(snapshot, change)) !== 'conflict') return this.refresh();
      }
    });
  }

  /** As {@link update}, and moves the vectors in the same step. */
  migrate(decide: Decide<Migration>): Promise<MigrationResult> {
    return this.#inTurn(async () => {
      for (;;) {
        const snapshot = await this.refresh();
        const { from, to, classes, putTasks = [], command } = decide(snapshot);
        const names = classes.map(({ name }) => name);
        const outcome = await this.#commit(
          snapshot,
          { put: classes, putTasks, command },
          { from, to, names },
        );
        if (outcome === 'conflict') continue;
        const moved = outcome === 'repeated' ? new Map<string, number>() : movedOf(outcome, names);
        return { moved, snapshot: await this.refresh() };
      }
    });
  }

  receipt(commandId: string): Promise<CommandReceipt | null> {
    return this.#connection.run((client) => readReceipt(client, this.#schemas, commandId));
  }

  async noteRefused(task: string, positions: readonly string[]): Promise<void> {
    for (let start = 0; start < positions.length; start += NOTED_AT_ONCE) {
      const some = positions.slice(start, start + NOTED_AT_ONCE);
      await this.#connection.run((client) => client.sAdd(this.#keys.refused(task), some));
    }
  }

  refusedOf(task: string): Promise<number> {
    return this.#connection.run((client) => client.sCard(this.#keys.refused(task)));
  }

  /** @returns what the script CHANGE returns */
  #commit({ version }: RegistrySnapshot, change: RegistryChange, move?: Move): Promise<string> {
    const { from = '', to = '', names = [] } = move ?? {};
    const receipt = change.command ? this.#keys.entity('receipt', change.command.id) : '';
    const words: [string, ...string[]] = [
      // One for all tries: where the reply of a try is lost, the next one gets it.
      randomUUID(),
      String(version),
      receipt,
      from,
      to,
      String(names.length),
      ...names,
      ...flattened(changeCommands(this.#keys, change, version + 1, names)),
    ];
    const scope = { keys: this.#keys, fence: this.#fence };
    return this.#connection.run((client) => runScript(client, CHANGE, scope, words));
  }

  /** Loads the newest state, once for all who ask meanwhile. */
  #load(): Promise<void> {
    const load = async (): Promise<void> => {
      this.#snapshot = await this.#connection.run((client) =>
        readSnapshot(client, this.#keys, this.#schemas),
      );
    };
    this.#loading ??= load().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#lastChange.then(change);
    this.#lastChange = result.catch(() => undefined);
    return result;
  }
}
