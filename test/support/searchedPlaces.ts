import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient, RESP_TYPES } from 'redis';
import { lastValueFrom } from 'rxjs';
import type { EventLog } from '../../src/adapters/eventLog.js';
import { keptNow } from '../../src/adapters/keptNow.js';

/** Something that bytes lie in: a file, a value of Redis, a record. */
export interface Place {
  readonly at: string;
  readonly bytes: Buffer;
}

/** All files below a folder, by their paths in it; one that goes while it is looked for is not there. */
export async function* filesIn(folder: string): AsyncGenerator<Place> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path).catch(() => undefined);
    if (bytes) yield { at: path.slice(folder.length + 1), bytes };
  }
}

/** All values of a Redis, of every type, as it writes them to files; and their keys. */
export async function* valuesIn(url: string): AsyncGenerator<Place> {
  const client = await createClient({ url }).connect();
  const binary = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  try {
    for await (const keys of client.scanIterator({ COUNT: 500 }))
      for (const key of keys) {
        const value = await binary.dump(key);
        if (value !== null) yield { at: key, bytes: Buffer.concat([Buffer.from(key), value]) };
      }
  } finally {
    await client.close();
  }
}

/** All records that a topic keeps: key, headers and value. */
export async function recordsIn(log: EventLog, topic: string): Promise<Place[]> {
  const places: Place[] = [];
  const handle: NonNullable<Parameters<typeof keptNow>[2]>['handle'] = async ({ key, headers, value }) => {
    places.push({ at: topic, bytes: Buffer.concat([Buffer.from(JSON.stringify([key, headers])), value]) });
  };
  await lastValueFrom(keptNow(log, topic, { handle }), { defaultValue: undefined });
  return places;
}
