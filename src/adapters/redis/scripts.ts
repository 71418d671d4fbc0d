import { createHash } from 'node:crypto';
import { ErrorReply } from 'redis';
import { z } from 'zod';
import { parsedAt } from './brokenData.js';
import type { RedisClient } from './client.js';
import type { Fence } from './fence.js';
import type { Keys } from './keys.js';

/** A Lua script. Redis executes it atomically. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

/**
 * Flag of scripts that also run when Redis is out of memory: those that free memory, or need almost none. Without
 * them, an erasure, which frees memory, would be impossible then.
 */
const EVEN_IF_FULL = '#!lua flags=allow-oom\n';

/** How long Redis keeps an outcome for a client that did not receive it, in seconds. */
const REMEMBERED_SECONDS = 600;

/**
 * What the scripts share. `KEYS[1]` is the version key, from which the other names are built (all carry its hash
 * tag). `ARGV[1]` is the token of the call: a call that was carried out, and is repeated because its reply was lost,
 * gets the same reply. `ARGV[2]`, which the scripts below do not see, names the calling learner, if it is one: if
 * another learner has replaced it, the script changes nothing and returns `replaced`.
 */
const PRELUDE = `
local prefix = string.sub(KEYS[1], 1, -8)
local once = prefix .. 'once:' .. ARGV[1]
local segments = prefix .. 'segments'

local function broken(name, what)
  return { err = 'WRONGTYPE ' .. prefix .. name .. ' is ' .. what }
end
-- A script that fails in the midst leaves what it did: what it needs is looked at before it changes anything.
for _, name in ipairs({ 'version', 'layoutVersion', 'lastSegment' }) do
  local number = redis.pcall('GET', prefix .. name)
  if type(number) ~= 'string' and number then return broken(name, 'no number') end
  if number and not string.match(number, '^%d+$') then return broken(name, 'no number') end
end
for _, read in ipairs({
  { 'HGET', 'segments', 'gone' }, { 'HGET', 'current', 'model' }, { 'ZRANGE', 'classes', 0, 0 },
  { 'ZRANGE', 'tasks', 0, 0 }, { 'SISMEMBER', 'withdrawn', '' },
}) do
  local found = redis.pcall(read[1], prefix .. read[2], unpack(read, 3))
  if type(found) == 'table' and found.err then return broken(read[2], 'of another type') end
end

local function done(outcome)
  redis.call('SET', once, outcome, 'EX', ${REMEMBERED_SECONDS})
  return outcome
end
local function is_at(version)
  return (redis.call('GET', KEYS[1]) or '0') == version
end
local function layout_changed()
  redis.call('INCR', prefix .. 'layoutVersion')
end
-- Fails, before anything is changed, where a segment is none.
local function look_at(field)
  for number in string.gmatch(redis.call('HGET', segments, field) or '', '%d+') do
    redis.call('SCARD', prefix .. 'segment:' .. number)
  end
end
-- Takes the segments away from a database and class. Returns those with vectors, and how many vectors they hold.
local function take(field)
  local taken, count = {}, 0
  for number in string.gmatch(redis.call('HGET', segments, field) or '', '%d+') do
    local size = redis.call('SCARD', prefix .. 'segment:' .. number)
    count = count + size
    if size > 0 then taken[#taken + 1] = number end
  end
  redis.call('HDEL', segments, field)
  return taken, count
end
-- Takes a vector out of its subject's set. What is of another type there holds up nobody.
local function forget_subject(id)
  local key = prefix .. 'vector:' .. id
  local subject = redis.pcall('HGET', key, 'subject')
  if type(subject) ~= 'string' then return end
  redis.pcall('SREM', subject, id)
  redis.pcall('HDEL', key, 'subject')
end
local function give(field, taken)
  if #taken == 0 then return end
  local there = redis.call('HGET', segments, field)
  local joined = table.concat(taken, ',')
  redis.call('HSET', segments, field, there and (there .. ',' .. joined) or joined)
end

local earlier = redis.call('GET', once)
if earlier then return earlier end

local caller = table.remove(ARGV, 2)
local learner = redis.call('GET', prefix .. 'learner')
if caller ~= '' and learner and learner ~= caller then return 'replaced' end
`;

/**
 * Changes the registry, and moves classes between the databases by relabelling their segments; it touches no vector.
 * ARGV: token; the expected version of the registry (empty: the registry does not change); the key of the receipt
 * (empty: no command); from; to; number of classes; the classes; then commands, each preceded by its number of words.
 * Returns `conflict`, `repeated`, or `done:` with the numbers of moved vectors.
 */
export const CHANGE = small(`
local version, receipt, from, to = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
if receipt ~= '' and redis.call('EXISTS', receipt) == 1 then return 'repeated' end
if version ~= '' and not is_at(version) then return 'conflict' end

local classes = tonumber(ARGV[6])
for index = 7, 6 + classes do look_at(from .. ':' .. ARGV[index]) end
local counts = {}
for index = 7, 6 + classes do
  local class = ARGV[index]
  local taken, count = take(from .. ':' .. class)
  give(to .. ':' .. class, taken)
  counts[#counts + 1] = count
end
if classes > 0 then layout_changed() end

local at = 7 + classes
while at <= #ARGV do
  local words = tonumber(ARGV[at])
  redis.call(unpack(ARGV, at + 1, at + words))
  at = at + words + 1
end
if receipt ~= '' then redis.call('HSET', receipt, 'movedCounts', table.concat(counts, ',')) end
if version ~= '' then redis.call('INCR', KEYS[1]) end
return done('done:' .. table.concat(counts, ','))
`);

/**
 * The amount by which versions rise when Lethe repairs a store. Changes that were not reported, such as calibrations,
 * may have been seen above the newest known version. Nobody makes so many of them between two records of the audit
 * chain.
 */
const AHEAD = 1_000_000;

/**
 * Blocks all workers except the learner, which repairs the store. ARGV: token; the newest known version; ids of
 * commands that are missing. Returns the ids given since the last {@link BRING_FORWARD}, as JSON.
 */
export const HOLD = small(`
local behind = tonumber(redis.call('GET', prefix .. 'behind') or '0')
for index = 3, #ARGV do redis.call('SADD', prefix .. 'missing', ARGV[index]) end
redis.call('SET', prefix .. 'behind', string.format('%.0f', math.max(behind, tonumber(ARGV[2]))))
local missing = redis.call('SMEMBERS', prefix .. 'missing')
return done(#missing > 0 and cjson.encode(missing) or '[]')
`);

/** Records the run of the server that the learner has checked. ARGV: token; its id. */
export const VERIFY = small(`
redis.call('SET', prefix .. 'verified', ARGV[2])
return done('done')
`);

/**
 * Ends {@link HOLD}. Raises the versions of the registry and of the layout above all that anyone has seen; otherwise
 * a worker could mistake old content for the new content of a reused version number. Keeps the report, in the same
 * step, until {@link REPORTED}. ARGV: token; the report. Returns the version of the registry.
 */
export const BRING_FORWARD = small(`
local version, behind = tonumber(redis.call('GET', KEYS[1]) or '0'), redis.call('GET', prefix .. 'behind')
if behind then
  version = math.max(version, tonumber(behind)) + ${AHEAD}
  redis.call('SET', KEYS[1], string.format('%.0f', version))
  local layout = tonumber(redis.call('GET', prefix .. 'layoutVersion') or '0')
  redis.call('SET', prefix .. 'layoutVersion', string.format('%.0f', layout + ${AHEAD}))
  redis.call('DEL', prefix .. 'behind', prefix .. 'missing')
end
local now = string.format('%.0f', version)
redis.call('DEL', prefix .. 'forward')
redis.call('HSET', prefix .. 'forward', 'report', ARGV[2], 'registryVersion', now)
return done(now)
`);

/** Deletes the report of {@link BRING_FORWARD}: it is written to Kafka. ARGV: token. */
export const REPORTED = small(`
redis.call('DEL', prefix .. 'forward')
return done('done')
`);

/**
 * Stores vectors, each in the first segment of its database and class. ARGV: token; the expected version of the
 * registry (empty: any); database; number of sets of refused ids; these sets, from which the stored ids are removed;
 * then id, class, task, key of the subject's set (empty: none) and bytes of each vector. If the version differs, or
 * if one was given and an id was withdrawn, it stores nothing and returns `conflict`; otherwise `done`.
 */
export const STORE = script(`
local sets = tonumber(ARGV[4])
local first = 5 + sets
if ARGV[2] ~= '' then
  if not is_at(ARGV[2]) then return 'conflict' end
  for index = first, #ARGV, 5 do
    if redis.call('SISMEMBER', prefix .. 'withdrawn', ARGV[index]) == 1 then return 'conflict' end
  end
end

local refused = {}
for index = 5, 4 + sets do
  if redis.call('EXISTS', ARGV[index]) == 1 then refused[#refused + 1] = ARGV[index] end
end
local open = {}
local function segment_of(class)
  if open[class] then return open[class] end
  local field = ARGV[3] .. ':' .. class
  local number = string.match(redis.call('HGET', segments, field) or '', '%d+')
  if not number then
    number = tostring(redis.call('INCR', prefix .. 'lastSegment'))
    give(field, { number })
    layout_changed()
  end
  open[class] = number
  return number
end
for index = first, #ARGV, 5 do
  local id, class = ARGV[index], ARGV[index + 1]
  local key, number = prefix .. 'vector:' .. id, segment_of(class)
  local before = redis.call('HGET', key, 'segment')
  if before and before ~= number then redis.call('SREM', prefix .. 'segment:' .. before, id) end
  redis.call('SADD', prefix .. 'segment:' .. number, id)
  forget_subject(id)
  redis.call('HSET', key, 'segment', number, 'class', class, 'task', ARGV[index + 2], 'vector', ARGV[index + 4])
  local subject = ARGV[index + 3]
  if subject ~= '' then
    redis.call('HSET', key, 'subject', subject)
    redis.call('SADD', subject, id)
  end
  for _, set in ipairs(refused) do redis.call('SREM', set, id) end
end
return done('done')
`);

/**
 * Removes vectors from the databases: after that, no search finds them. {@link SWEEP} deletes the rest of them. ARGV:
 * token; database, or empty for both; number of classes, or -1 for all; the classes. Returns the number of vectors.
 */
export const DISCARD = small(`
local wanted = {}
for index = 4, #ARGV do wanted[ARGV[index]] = true end
local total = 0
for _, field in ipairs(redis.call('HKEYS', segments)) do
  local database, class = string.match(field, '^(%a+):(.*)$')
  if database and (ARGV[2] == '' or ARGV[2] == database) and (ARGV[3] == '-1' or wanted[class]) then
    local taken, count = take(field)
    give('gone', taken)
    total = total + count
  end
end
layout_changed()
return done(tostring(total))
`);

/** Deletes some of the discarded vectors. ARGV: token; largest number. Returns `more` or `clean`. */
export const SWEEP = small(`
local gone = redis.call('HGET', segments, 'gone')
if not gone then return 'clean' end
local number = string.match(gone, '%d+')
local members = prefix .. 'segment:' .. number
for _, id in ipairs(redis.call('SPOP', members, ARGV[2])) do
  forget_subject(id)
  redis.call('UNLINK', prefix .. 'vector:' .. id)
end
if redis.call('EXISTS', members) == 1 then return 'more' end
local rest = string.match(gone, ',(.*)$')
if rest then redis.call('HSET', segments, 'gone', rest) else redis.call('HDEL', segments, 'gone') end
layout_changed()
return rest and 'more' or 'clean'
`);

/**
 * Records refused samples: by id, or by position if they have none or a vector with this id is stored. ARGV: token;
 * set of ids; set of positions; id (empty: none) and position of each.
 */
export const NOTE_REFUSED = script(`
for index = 4, #ARGV, 2 do
  local id = ARGV[index]
  if id ~= '' and redis.call('EXISTS', prefix .. 'vector:' .. id) == 0 then redis.call('SADD', ARGV[2], id)
  else redis.call('SADD', ARGV[3], ARGV[index + 1]) end
end
return done('done')
`);

/**
 * Deletes vectors permanently, by id, and remembers the ids. ARGV: token; number of classes that are being learned;
 * each with the set of refused ids of its task, to which its deleted ids are added; ids. Returns the deleted numbers
 * as JSON: pairs of class and number.
 */
export const WITHDRAW = small(`
local learning = {}
local classes = tonumber(ARGV[2])
for index = 3, 1 + 2 * classes, 2 do learning[ARGV[index]] = ARGV[index + 1] end
-- Where one is no vector, it fails before it has changed anything: what it counted then would be lost.
for index = 3 + 2 * classes, #ARGV do redis.call('HGET', prefix .. 'vector:' .. ARGV[index], 'segment') end
local counts = {}
for index = 3 + 2 * classes, #ARGV do
  local id = ARGV[index]
  local key = prefix .. 'vector:' .. id
  redis.call('SADD', prefix .. 'withdrawn', id)
  local found = redis.call('HMGET', key, 'segment', 'class')
  if found[1] then
    local member = redis.call('SREM', prefix .. 'segment:' .. found[1], id)
    if found[2] and member == 1 then
      counts[found[2]] = (counts[found[2]] or 0) + 1
      if learning[found[2]] then redis.call('SADD', learning[found[2]], id) end
    end
    forget_subject(id)
    redis.call('UNLINK', key)
  end
end
local pairs_of = {}
for class, count in pairs(counts) do pairs_of[#pairs_of + 1] = { class, count } end
return done(#pairs_of > 0 and cjson.encode(pairs_of) or '[]')
`);

/**
 * Requests the lease of the learner, or renews it. ARGV: token of the worker; milliseconds; `acquire` or `renew`. A
 * learner keeps an expired lease until another worker requests it. Returns `held` or `refused`.
 */
export const LEASE = plainScript(`${EVEN_IF_FULL}
local prefix = string.sub(KEYS[1], 1, -8)
local learner, alive = prefix .. 'learner', prefix .. 'learnerAlive'
local holder = redis.call('GET', learner)
if holder and holder ~= ARGV[1] and (ARGV[3] == 'renew' or redis.call('EXISTS', alive) == 1) then return 'refused' end
redis.call('SET', learner, ARGV[1])
redis.call('SET', alive, '1', 'PX', ARGV[2])
return 'held'
`);

/** Ends the lease of the worker with the token ARGV[1]; the lease of another worker stays. */
export const RELEASE = plainScript(`
local prefix = string.sub(KEYS[1], 1, -8)
if redis.call('GET', prefix .. 'learner') == ARGV[1] then redis.call('DEL', prefix .. 'learnerAlive') end
return 'done'
`);

/**
 * Runs a script that changes something, in the name of the learner that this process is, if it is one.
 * @param words the token of the call, then the arguments of the script
 * @returns the result of the script; never resolves if another learner replaced this process
 */
export async function runScript(
  client: RedisClient,
  script: Script,
  { keys, fence }: { readonly keys: Keys; readonly fence: Fence },
  [token, ...words]: readonly [string, ...(string | Buffer)[]],
): Promise<string> {
  const outcome = await runAlone(client, script, keys.version, [token, fence.learner, ...words]);
  return outcome === 'replaced' ? fence.halt() : outcome;
}

/** Runs a script. Redis keeps it until it restarts; then it is sent again. */
export async function runAlone(
  client: RedisClient,
  { sha, text }: Script,
  versionKey: string,
  words: readonly (string | Buffer)[],
): Promise<string> {
  const options = { keys: [versionKey], arguments: [...words] };
  try {
    return String(await client.evalSha(sha, options));
  } catch (error) {
    if (!(error instanceof ErrorReply && error.message.startsWith('NOSCRIPT'))) throw error;
    return String(await client.eval(text, options));
  }
}

/**
 * Stores a checkpoint, even if Redis is out of memory: a model comes from vectors that are already stored, and an
 * erasure, which frees memory, begins with one. ARGV: bytes.
 */
export const STORE_MODEL = plainScript(`${EVEN_IF_FULL}
redis.call('SET', KEYS[1], ARGV[1])
return 'done'
`);

/** A write that changes nothing. Waiting for it means waiting for all writes before it. ARGV: any new value. */
export const TOUCH = plainScript(`${EVEN_IF_FULL}
redis.call('SET', string.sub(KEYS[1], 1, -8) .. 'touched', ARGV[1])
return 'done'
`);

const changeSchema = z
  .string()
  .regex(/^done:(\d+(,\d+)*)?$/)
  .transform((outcome) => outcome.slice('done:'.length).split(',').filter(Boolean).map(Number));
const countSchema = z.string().regex(/^\d+$/).transform(Number);
const idsSchema = z.array(z.string());
const countsSchema = z.array(z.tuple([z.string(), z.int().nonnegative()]));

/** The numbers of moved vectors, from the result of {@link CHANGE}. */
export function changeOutcome(outcome: string): readonly number[] {
  return parsedAt('CHANGE', changeSchema, outcome);
}

/** The number of vectors that {@link DISCARD} discarded. */
export function countOutcome(outcome: string): number {
  return parsedAt('DISCARD', countSchema, outcome);
}

/** The ids of missing commands, from the result of {@link HOLD}. */
export function missingOutcome(outcome: string): ReadonlySet<string> {
  return new Set(parsedAt('HOLD', idsSchema, JSON.parse(outcome)));
}

/** The numbers of vectors that {@link WITHDRAW} deleted, by class. */
export function countsOutcome(outcome: string): readonly (readonly [className: string, count: number])[] {
  return parsedAt('WITHDRAW', countsSchema, JSON.parse(outcome));
}

/** A script with the flag {@link EVEN_IF_FULL}. */
function small(body: string): Script {
  return plainScript(EVEN_IF_FULL + PRELUDE + body);
}

function script(body: string): Script {
  return plainScript(PRELUDE + body);
}

function plainScript(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}
