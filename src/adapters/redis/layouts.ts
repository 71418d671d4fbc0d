import type { DatabaseName, VectorFilter } from '../vectorDatabase.js';
import { BrokenDataError, readAt, versionAt } from './brokenData.js';
import type { RedisClient } from './client.js';
import type { Connection } from './connection.js';
import type { Keys } from './keys.js';

/** Vectors of one class that change the database together: a change of this label moves them all. */
export interface Segment {
  readonly number: string;
  readonly database: DatabaseName;
  readonly className: string;
}

/** Which segments there are, at one version. */
export interface Layout {
  readonly version: string;
  readonly segments: ReadonlyMap<string, Segment>;
  /** Whether vectors wait for being swept that belong to no database any more. */
  readonly hasGone: boolean;
}

/** The segments that hold what is asked for. */
export function matching(layout: Layout, { database, classes }: VectorFilter): Segment[] {
  const wanted = classes && new Set(classes);
  return [...layout.segments.values()].filter(
    (segment) => (!database || segment.database === database) && (!wanted || wanted.has(segment.className)),
  );
}

/** The newest known layout of the databases, kept up with what other workers change. */
export class Layouts {
  readonly #connection: Connection;
  readonly #keys: Keys;
  #layout: Layout = { version: '', segments: new Map(), hasGone: false };
  #loading: Promise<void> | undefined;

  constructor(connection: Connection, keys: Keys) {
    this.#connection = connection;
    this.#keys = keys;
  }

  /**
   * Reads by a layout that was the newest before and after all commands of the read, so what was read is of one moment
   * as far as moves go. The check travels with the commands; only a layout that changed costs another round trip.
   * @param work must issue all its commands before it waits for anything
   */
  async reading<T>(work: (client: RedisClient, layout: Layout) => Promise<T>): Promise<T> {
    const key = this.#keys.layoutVersion;
    for (;;) {
      const layout = this.#layout;
      const [before, result, after] = await this.#connection.run((client) =>
        Promise.all([
          client.get(key),
          layout.version === '' ? undefined : work(client, layout),
          client.get(key),
        ]),
      );
      const isNewest = layout.version === (before ?? '0') && before === after;
      if (isNewest) return result as T;
      await this.refresh();
    }
  }

  /** Loads the layout, once for all who ask meanwhile. */
  refresh(): Promise<void> {
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  isAt(version: string | null): boolean {
    return this.#layout.version === (version ?? '0');
  }

  async #load(): Promise<void> {
    const { layoutVersion, segments } = this.#keys;
    for (;;) {
      const layout = await this.#connection.run(async (client): Promise<Layout | null> => {
        const [before, fields, after] = await Promise.all([
          readAt(layoutVersion, client.get(layoutVersion)),
          readAt(segments, client.hGetAll(segments)),
          readAt(layoutVersion, client.get(layoutVersion)),
        ]);
        if (before !== after) return null;
        versionAt(layoutVersion, before);
        return { version: before ?? '0', ...segmentsIn(segments, fields) };
      });
      if (!layout) continue;
      this.#layout = layout;
      return;
    }
  }
}

/**
 * The segments as the hash at `key` names them.
 * @throws BrokenDataError
 */
export function segmentsIn(
  key: string,
  { gone, ...fields }: Readonly<Record<string, string>>,
): Omit<Layout, 'version'> {
  const segments = new Map<string, Segment>();
  for (const [field, numbers] of Object.entries(fields)) {
    const [, name, className] = /^(cil|mu):(.+)$/su.exec(field) ?? [];
    if (!isDatabase(name) || className === undefined)
      throw new BrokenDataError(key, 'has a field that names no database and class', field);
    for (const number of numbers.split(',')) {
      if (!/^\d+$/.test(number) || segments.has(number))
        throw new BrokenDataError(key, `has no valid segment numbers at ${field}`, numbers);
      segments.set(number, { number, database: name, className });
    }
  }
  return { segments, hasGone: gone !== undefined };
}

function isDatabase(name: string | undefined): name is DatabaseName {
  return name === 'cil' || name === 'mu';
}
