import { randomUUID } from 'node:crypto';
import { sha256 } from '../../domain/auditChain.js';
import { EMPTY_REGISTRY, type RegistrySnapshot } from '../../domain/classes.js';
import { createTurns } from '../../domain/inTurn.js';
import type {
  ClassRegistry,
  CommandReceipt,
  Decide,
  Migration,
  MigrationResult,
  RefusedCounts,
  RefusedSample,
  RegistryChange,
} from '../knowledgeStore.js';
import { NotVerifiedError, versionAt, WentBackError } from './brokenData.js';
import { binary, type RedisClient } from './client.js';
import type { Connection } from './connection.js';
import type { Durability } from './durability.js';
import type { EntitySchemas } from './entities.js';
import type { Fence } from './fence.js';
import type { Keys } from './keys.js';
import type { Layouts } from './layouts.js';
import { movedOf, type RedisParts } from './redisVectors.js';
import { readReceipt, readSnapshot } from './registryReader.js';
import { changeCommands, flattened } from './registryWords.js';
import { CHANGE, changeOutcome, NOTE_REFUSED, runScript } from './scripts.js';
import type { ServerRun } from './serverRun.js';

/** Samples that one script notes. */
const NOTED_AT_ONCE = 1000;

/** Vectors that a change of the registry moves along. */
type Move = Pick<Migration, 'from' | 'to'> & { readonly names: readonly string[] };

/** How a registry takes a store that went back: `wait` until it is brought forward, or see it `as it is`. */
export type WhenOlder = 'wait' | 'as it is';

/** The registry in Redis. A change is made by one script, provided that the registry is as it was when decided. */
export class RedisRegistry implements ClassRegistry {
  readonly #connection: Connection;
  readonly #keys: Keys;
  readonly #schemas: EntitySchemas;
  readonly #layouts: Layouts;
  readonly #fence: Fence;
  /** Components of a centroid. */
  readonly #dimension: number;
  readonly #durability: Durability;
  readonly #serverRun: ServerRun;
  readonly #whenOlder: WhenOlder;
  #onlyVerified = false;
  #snapshot = EMPTY_REGISTRY;
  #demanded = 0;
  #loading: Promise<void> | undefined;
  /** Changes of this process wait for each other: they would only make each other decide again. */
  readonly #inTurn = createTurns();

  constructor(
    dimension: number,
    schemas: EntitySchemas,
    { connection, keys, layouts, fence, durability, serverRun }: Omit<RedisParts, 'vectorIndex'>,
    whenOlder: WhenOlder = 'wait',
  ) {
    this.#whenOlder = whenOlder;
    this.#durability = durability;
    this.#serverRun = serverRun;
    this.#dimension = dimension;
    this.#connection = connection;
    this.#fence = fence;
    this.#keys = keys;
    this.#schemas = schemas;
    this.#layouts = layouts;
  }

  /**
   * Begins with what the store holds, however old that is: a learner that waited here for a store that is to be brought forward
   * would wait for itself. {@link refresh} waits as ever.
   */
  begin(snapshot: RegistrySnapshot): void {
    this.#snapshot = snapshot;
  }

  snapshot(): RegistrySnapshot {
    return this.#snapshot;
  }

  async refresh(): Promise<RegistrySnapshot> {
    for (;;) {
      const [version, layoutVersion] = await this.#connection.run((client) => this.#versions(client));
      const isNewest = version === this.#snapshot.version;
      const hasLayout = this.#layouts.isAt(layoutVersion);
      if (isNewest && hasLayout) return this.#snapshot;
      await Promise.all([
        isNewest ? undefined : this.#load(),
        hasLayout ? undefined : this.#layouts.refresh(),
      ]);
    }
  }

  demand(version: number): void {
    this.#demanded = Math.max(this.#demanded, version);
  }

  /** From now on a server that no learner has looked at is waited for. */
  onlyVerified(): void {
    this.#onlyVerified = true;
  }

  /** The newest version that this process has seen, or that was demanded. */
  get known(): number {
    return Math.max(this.#demanded, this.#snapshot.version);
  }

  /** @throws WentBackError */
  async #versions(client: RedisClient): Promise<[version: number, layout: string | null]> {
    const { version, layoutVersion, behind, verified } = this.#keys;
    const [text, layout = null, held, run] = await client.mGet([version, layoutVersion, behind, verified]);
    const found = versionAt(version, text);
    if (this.#onlyVerified && !this.#serverRun.isVerified(run)) throw new NotVerifiedError();
    this.#refuseOlder(found, held);
    return [found, layout];
  }

  #refuseOlder(found: number, held: string | null | undefined): void {
    if (this.#whenOlder === 'as it is') return;
    this.demand(versionAt(this.#keys.behind, held));
    const isHeld = held !== null && held !== undefined;
    if (isHeld || found < this.known) throw new WentBackError(found, this.known);
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
        const { from, to, classes, ...change } = decide(snapshot);
        const names = classes.map(({ name }) => name);
        const outcome = await this.#commit(snapshot, { put: classes, ...change }, { from, to, names });
        if (outcome === 'conflict') continue;
        const moved =
          outcome === 'repeated' ? new Map<string, number>() : movedOf(changeOutcome(outcome), names);
        return { moved, snapshot: await this.refresh() };
      }
    });
  }

  /** The detector's bytes, where what lies there is this one. */
  async detector(hash: string): Promise<Uint8Array | null> {
    const bytes = await this.#connection.run((client) => binary(client).get(this.#keys.detector));
    return bytes !== null && sha256(bytes) === hash ? bytes : null;
  }

  receipt(commandId: string): Promise<CommandReceipt | null> {
    return this.#connection.run((client) => readReceipt(client, this.#keys, this.#schemas, commandId));
  }

  async noteRefused(task: string, samples: readonly RefusedSample[]): Promise<void> {
    const scope = { keys: this.#keys, fence: this.#fence };
    const sets = [this.#keys.refusedIds(task), this.#keys.refused(task)];
    for (let start = 0; start < samples.length; start += NOTED_AT_ONCE) {
      const some = samples.slice(start, start + NOTED_AT_ONCE);
      const words: [string, ...string[]] = [
        randomUUID(),
        ...sets,
        ...some.flatMap(({ id = '', position }) => [id, position]),
      ];
      await this.#connection.run((client) => runScript(client, NOTE_REFUSED, scope, words));
    }
  }

  async refusedOf(task: string): Promise<RefusedCounts> {
    const [named, nameless] = await this.#connection.run((client) =>
      Promise.all([client.sCard(this.#keys.refusedIds(task)), client.sCard(this.#keys.refused(task))]),
    );
    return { named, nameless };
  }

  /**
   * Resolves when the change is durable, as far as that is demanded: what is told of it must not be taken back by a crash.
   * @returns what the script CHANGE returns
   */
  async #commit({ version }: RegistrySnapshot, change: RegistryChange, move?: Move): Promise<string> {
    const { from = '', to = '', names = [] } = move ?? {};
    const receipt = change.command ? this.#keys.entity('receipt', change.command.id) : '';
    const words: [string, ...(string | Buffer)[]] = [
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
    const outcome = await this.#connection.run((client) => runScript(client, CHANGE, scope, words));
    if (outcome !== 'conflict') await this.#durability.confirmed();
    return outcome;
  }

  /** Loads the newest state, once for all who ask meanwhile. */
  #load(): Promise<void> {
    const load = async (): Promise<void> => {
      this.#snapshot = await this.#connection.run(async (client) => {
        const read = await readSnapshot(client, this.#keys, this.#schemas, this.#dimension);
        // It may have gone back since its version was looked at.
        this.#refuseOlder(read.version, await client.get(this.#keys.behind));
        return read;
      });
    };
    this.#loading ??= load().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }
}
