import { setTimeout as wait } from 'node:timers/promises';
import { ErrorReply } from 'redis';
import type { FileRewrite } from '../../domain/places.js';
import type { RedisClient } from './client.js';
import { isAccessError } from './errors.js';

/** Rewritings that may fail, a full disk say, before it is said that they do. */
const TRIES = 3;
const POLL_MS = 100;
const AGAIN_MS = 1000;
/** A rewriting that did not begin and end by then failed: whoever wanted it tries again. */
const LONGEST_MS = 15 * 60_000;

/** One of the two kinds of files of Redis, and how INFO calls its rewriting. */
interface Files {
  readonly begin: (client: RedisClient) => Promise<unknown>;
  readonly underWay: readonly string[];
  readonly status: string;
  /** How many were begun. Null of one whose waiting for its turn shows among `underWay`. */
  readonly begun: string | null;
}

const APPENDED: Files = {
  begin: (client) => client.bgRewriteAof(),
  underWay: ['aof_rewrite_in_progress', 'aof_rewrite_scheduled'],
  status: 'aof_last_bgrewrite_status',
  begun: null,
};
const SNAPSHOT: Files = {
  begin: (client) => client.bgSave({ SCHEDULE: true }),
  underWay: ['rdb_bgsave_in_progress'],
  status: 'rdb_last_bgsave_status',
  // One that is scheduled, behind a rewriting of the append-only file, shows nowhere until it begins.
  begun: 'rdb_saves',
};

/** What is told of several kinds of files: the first of these that one of them came to. */
const WORST_FIRST = ['failed', 'begun', 'done'] as const;

/**
 * Has Redis write its files anew, and waits until it has: until then its append-only file still holds what was deleted, and a
 * snapshot until the next one.
 */
export async function rewriteFiles(client: RedisClient): Promise<FileRewrite> {
  try {
    const results: FileRewrite[] = [];
    for (const files of await filesOf(client)) results.push(await rewritten(client, files));
    return WORST_FIRST.find((each) => results.includes(each)) ?? 'none';
  } catch (error) {
    if (isAccessError(error)) return 'refused';
    throw error;
  }
}

/** The kinds of files that Redis keeps. With an append-only file it does not read its snapshot, but it still has it. */
async function filesOf(client: RedisClient): Promise<Files[]> {
  const { appendonly, save } = await client.configGet(['appendonly', 'save']);
  const saves = (await persistence(client))?.get('rdb_saves') ?? '0';
  return [...(appendonly === 'yes' ? [APPENDED] : []), ...(save || saves !== '0' ? [SNAPSHOT] : [])];
}

async function rewritten(client: RedisClient, files: Files): Promise<FileRewrite> {
  for (let tries = 1; ; ) {
    // One that is under way may have begun before the deletion.
    const before = await countOf(client, files);
    const whose = await begun(client, files);
    const isWell = await ended(client, files, whose === 'ours' ? before + 1 : 0);
    if (isWell === undefined) return 'begun';
    if (whose === 'another') continue;
    if (whose === 'ours' && isWell) return 'done';
    if (tries++ === TRIES) return 'failed';
    await wait(AGAIN_MS);
  }
}

/** `another`: one is under way already; `failed`: Redis could not begin. */
async function begun(client: RedisClient, files: Files): Promise<'ours' | 'another' | 'failed'> {
  try {
    await files.begin(client);
    return 'ours';
  } catch (error) {
    if (!(error instanceof ErrorReply) || isAccessError(error)) throw error;
    return /in progress/i.test(error.message) ? 'another' : 'failed';
  }
}

/** Whether it ended well, where so many were begun; undefined where the user may not see that. */
async function ended(
  client: RedisClient,
  { underWay, status, begun: counter }: Files,
  count: number,
): Promise<boolean | undefined> {
  for (const since = Date.now(); Date.now() - since < LONGEST_MS; await wait(POLL_MS)) {
    const fields = await persistence(client);
    if (!fields) return undefined;
    const hasBegun = counter === null || Number(fields.get(counter) ?? count) >= count;
    if (hasBegun && underWay.every((field) => fields.get(field) === '0')) return fields.get(status) === 'ok';
  }
  return false;
}

async function countOf(client: RedisClient, { begun: counter }: Files): Promise<number> {
  return counter === null ? 0 : Number((await persistence(client))?.get(counter) ?? 0);
}

async function persistence(client: RedisClient): Promise<ReadonlyMap<string, string> | undefined> {
  try {
    const text = await client.info('persistence');
    return new Map([...text.matchAll(/^(\w+):(\S*)/gm)].map(([, name = '', value = '']) => [name, value]));
  } catch (error) {
    if (!(error instanceof ErrorReply)) throw error;
    return undefined;
  }
}
