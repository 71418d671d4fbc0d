import { createHash } from 'node:crypto';
import { ErrorReply } from 'redis';
import type { RedisClient } from './client.js';
import type { Fence } from './fence.js';
import type { Keys } from './keys.js';

/** A Lua script: all it does is one step for everybody else. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

/** How long an outcome is remembered for a client that did not get it, in seconds. */
const REMEMBERED_SECONDS = 600;

/**
 * What the scripts share. `KEYS[1]` is the version key, from which the other names are made (all carry its hash tag).
 * `ARGV[1]` is the token of the call: a call that was carried out and is sent again, since its reply was lost, gets
 * that reply. `ARGV[2]`, which the scripts below do not see, names the learner that calls, if it is one: where another
 * one has taken its place, nothing is done and `replaced` returned.
 */
const PRELUDE = `
local prefix = string.sub(KEYS[1], 1, -8)
local once = prefix .. 'once:' .. ARGV[1]
local segments = prefix .. 'segments'

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
-- Takes a vector out of its subject's set.
local function forget_subject(id)
  local key = prefix .. 'vector:' .. id
  local subject = redis.call('HGET', key, 'subject')
  if not subject then return end
  redis.call('SREM', subject, id)
  redis.call('HDEL', key, 'subject')
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
 * Changes the registry, and moves classes between the databases by relabelling their segments: no vector is touched.
 *
 * ARGV: token; the version that the registry must be at (empty: it is not changed); the receipt's key (empty: of no
 * command); from; to; number of classes; the classes; then commands, each preceded by the number of its words.
 * Returns `conflict`, `repeated` or `done:` with the numbers of vectors moved.
 */
export const CHANGE = script(`
local version, receipt, from, to = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
if receipt ~= '' and redis.call('EXISTS', receipt) == 1 then return 'repeated' end
if version ~= '' and not is_at(version) then return 'conflict' end

local classes = tonumber(ARGV[6])
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
 * Stores vectors, each in the first segment of its database and class.
 *
 * ARGV: token; the version that the registry must be at (empty: any); database; then id, class, task, key of the subject's
 * set (empty: none), bytes of each. Returns `conflict`, and stores nothing, where the version is another one, or is asked for
 * and an id was withdrawn; else `done`.
 */
export const STORE = script(`
if ARGV[2] ~= '' then
  if not is_at(ARGV[2]) then return 'conflict' end
  for index = 4, #ARGV, 5 do
    if redis.call('SISMEMBER', prefix .. 'withdrawn', ARGV[index]) == 1 then return 'conflict' end
  end
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
for index = 4, #ARGV, 5 do
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
end
return done('done')
`);

/**
 * Takes vectors out of the databases: from then on nobody finds them. What is left of them is for {@link SWEEP}.
 *
 * ARGV: token; database or empty for both; number of classes, or -1 for all; the classes. Returns how many vectors.
 */
export const DISCARD = script(`
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

/** Deletes some of the discarded vectors. ARGV: token; at most how many. Returns `more` or `clean`. */
export const SWEEP = script(`
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
 * Deletes vectors for good, by id, and remembers the ids. ARGV: token; ids. Returns as JSON how many were deleted, by class.
 */
export const WITHDRAW = script(`
local counts = {}
for index = 2, #ARGV do
  local id = ARGV[index]
  local key = prefix .. 'vector:' .. id
  redis.call('SADD', prefix .. 'withdrawn', id)
  local found = redis.call('HMGET', key, 'segment', 'class')
  if found[1] then
    local member = redis.call('SREM', prefix .. 'segment:' .. found[1], id)
    if found[2] and member == 1 then counts[found[2]] = (counts[found[2]] or 0) + 1 end
    forget_subject(id)
    redis.call('UNLINK', key)
  end
end
return done(next(counts) and cjson.encode(counts) or '{}')
`);

/**
 * Asks for the lease of the learner, or renews it. ARGV: token of the worker; milliseconds; `acquire` or `renew`.
 * A learner keeps the lease beyond its end as long as no one else asks. Returns `held`, or `refused`.
 */
export const LEASE = plainScript(`
local prefix = string.sub(KEYS[1], 1, -8)
local learner, alive = prefix .. 'learner', prefix .. 'learnerAlive'
local holder = redis.call('GET', learner)
if holder and holder ~= ARGV[1] and (ARGV[3] == 'renew' or redis.call('EXISTS', alive) == 1) then return 'refused' end
redis.call('SET', learner, ARGV[1])
redis.call('SET', alive, '1', 'PX', ARGV[2])
return 'held'
`);

/** Ends the lease of the worker whose token ARGV[1] is; of another's it says nothing. */
export const RELEASE = plainScript(`
local prefix = string.sub(KEYS[1], 1, -8)
if redis.call('GET', prefix .. 'learner') == ARGV[1] then redis.call('DEL', prefix .. 'learnerAlive') end
return 'done'
`);

/**
 * Runs a script that changes something, in the name of the learner that this process is, if it is one.
 * @param words the call's token, then what the script itself wants
 * @returns what the script returns; nothing, ever, where this process was replaced as the learner
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

/** Runs a script, which Redis keeps until it restarts and is then sent again. */
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

function script(body: string): Script {
  return plainScript(PRELUDE + body);
}

function plainScript(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}
