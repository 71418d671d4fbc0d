import { Command, Option } from 'commander';
import type { GatewayClient } from '../adapters/http/client.js';
import { INGRESS_ROLES } from '../adapters/http/ingress.js';
import { LetheError, REASON_CODES, type ReasonCode, toLetheError } from '../domain/errors.js';
import { type DeadLetterHeaders, deadLetterHeadersSchema } from '../domain/messages/deadLetter.js';
import { type LogRecord, type OutgoingRecord, positionOf } from '../domain/record.js';
import type { Topics } from '../domain/topics.js';
import { type ConnectionOptions, connect, withConnection } from './connection.js';
import { type CliIo, writeList, writeNote, writeResult } from './io.js';

interface SelectionOptions extends ConnectionOptions {
  readonly reason?: ReasonCode;
}

interface DeadLetter {
  /** Its own position, `topic/partition/offset`. */
  readonly id: string;
  readonly why: DeadLetterHeaders;
  readonly record: LogRecord;
}

/** `lethe dead-letters`: lists, shows and replays refused records. */
export function deadLettersCommand(io: CliIo): Command {
  return new Command('dead-letters')
    .description('list, show and replay refused records')
    .addCommand(listCommand(io))
    .addCommand(showCommand(io))
    .addCommand(replayCommand(io));
}

function listCommand(io: CliIo): Command {
  return withReason(withConnection(new Command('list')))
    .description('list the dead letters, oldest first')
    .addHelpText('after', '\nExample:\n  $ lethe dead-letters list --reason class-unlearned')
    .action((options: SelectionOptions) => {
      const toLine = (letter: DeadLetter): string => {
        const { id, why } = letter;
        const note = isWhole(letter) ? '' : '  (without its value)';
        return `${id}  ${why['lethe-reason']}  ${why['lethe-message']}${note}`;
      };
      return writeList(io, options.json, lettersOf(options, io), {
        toJson: described,
        toLine,
        none: 'no dead letters',
      });
    });
}

function showCommand(io: CliIo): Command {
  return withConnection(new Command('show'))
    .description('show a dead letter: its origin, the reason, and a remedy')
    .argument('<id>', 'topic/partition/offset, as in `list`')
    .addHelpText('after', '\nExample:\n  $ lethe dead-letters show lethe.dead-letters/0/3')
    .action(async (id: string, options: ConnectionOptions) => {
      const [letter] = await named([id], options, io);
      if (!letter) throw noSuchLetter(id);
      const fields = Object.entries(described(letter)).map(([name, value]) => `${name}: ${String(value)}`);
      writeResult(io, options.json, described(letter), fields);
    });
}

function replayCommand(io: CliIo): Command {
  return withReason(withConnection(new Command('replay')))
    .description('send the records of dead letters again to their topics; the dead letters stay')
    .argument('[ids...]', 'topic/partition/offset, as in `list`; omit with --reason')
    .addHelpText(
      'after',
      '\nExample, of queries that came before the first task was learned:\n  $ lethe dead-letters replay --reason no-model',
    )
    .action(async (ids: string[], options: SelectionOptions, command: Command) => {
      if (ids.length > 0 === (options.reason !== undefined))
        command.error('error: give either ids or --reason');
      const client = connect(options, io);
      const chosen = ids.length > 0 ? await named(ids, options, io) : undefined;
      const withoutValue = new Set<string>();
      const ofReason = () => wholeOnes(lettersOf(options, io), ({ id }) => withoutValue.add(id));
      // Nothing is sent unless all can be: what can't be read, or sent, shows before.
      if (!chosen) for await (const letter of ofReason()) original(letter, client.topics);
      const replayed = await replay(chosen ?? ofReason(), client);
      if (withoutValue.size > 0)
        writeNote(io, `skipped, because their values are missing: ${[...withoutValue].join(', ')}`);
      writeResult(io, options.json, { replayed }, `replayed ${replayed} records`);
    });
}

/** Whether the letter has the value of the record, and not its size and hash alone. */
function isWhole({ why }: DeadLetter): boolean {
  return why['lethe-value-sha256'] === undefined;
}

async function* wholeOnes(
  letters: AsyncIterable<DeadLetter>,
  passedOver: (letter: DeadLetter) => void,
): AsyncGenerator<DeadLetter> {
  for await (const letter of letters) {
    if (isWhole(letter)) yield letter;
    else passedOver(letter);
  }
}

/** @returns how many were sent */
async function replay(
  letters: readonly DeadLetter[] | AsyncIterable<DeadLetter>,
  client: GatewayClient,
): Promise<number> {
  let sent = 0;
  async function* originals(): AsyncGenerator<OutgoingRecord> {
    for await (const letter of letters) yield original(letter, client.topics);
  }
  try {
    await client.publish(originals(), () => sent++);
    return sent;
  } catch (error) {
    const { code, message, remedy, field, value, retriable } = toLetheError(error);
    const more = { remedy, field, value, retriable, cause: error };
    throw new LetheError(code, `${message}; ${sent} records were replayed before`, more);
  }
}

function withReason(command: Command): Command {
  return command.addOption(
    new Option('--reason <code>', 'only letters with this reason').choices(REASON_CODES),
  );
}

/**
 * The existing dead letters, oldest first.
 * @throws LetheError if not all of them could be read
 */
async function* lettersOf({ reason, ...options }: SelectionOptions, io: CliIo): AsyncGenerator<DeadLetter> {
  let foreign = 0;
  for await (const record of connect(options, io).kept('dead-letters')) {
    const why = deadLetterHeadersSchema.safeParse(record.headers);
    if (!why.success) foreign++;
    else if (reason === undefined || why.data['lethe-reason'] === reason)
      yield { id: positionOf(record), why: why.data, record };
  }
  if (foreign > 0) writeNote(io, `skipped ${foreign} records that are not dead letters`);
}

/**
 * The dead letters with these ids.
 * @throws LetheError `invalid-message` if one does not exist
 */
async function named(
  ids: readonly string[],
  options: ConnectionOptions,
  io: CliIo,
): Promise<readonly DeadLetter[]> {
  const found = new Map<string, DeadLetter>();
  const wanted = new Set(ids);
  for await (const letter of lettersOf(options, io)) {
    if (!wanted.has(letter.id)) continue;
    found.set(letter.id, letter);
    if (found.size === wanted.size) break;
  }
  return [...wanted].map((id) => {
    const letter = found.get(id);
    if (!letter) throw noSuchLetter(id);
    return letter;
  });
}

function noSuchLetter(id: string): LetheError {
  return new LetheError('invalid-message', `there is no dead letter ${id}`, {
    field: 'id',
    value: id,
    remedy: '`lethe dead-letters list` lists the existing ones.',
  });
}

/** The position of the refused record. */
function originOf({ why }: DeadLetter): string {
  return `${why['lethe-topic']}/${why['lethe-partition']}/${why['lethe-offset']}`;
}

function described(letter: DeadLetter): Readonly<Record<string, unknown>> {
  const { id, why, record } = letter;
  return {
    id,
    reason: why['lethe-reason'],
    message: why['lethe-message'],
    remedy: why['lethe-remedy'],
    from: originOf(letter),
    time: why['lethe-time'],
    key: record.key,
    contentType: record.headers['content-type'] ?? null,
    bytes: why['lethe-value-bytes'] ?? record.value.length,
    ...(why['lethe-first-offset'] !== undefined && { firstOffset: why['lethe-first-offset'] }),
    ...(!isWhole(letter) && { valueLeftOut: true, sha256: why['lethe-value-sha256'] }),
  };
}

/** The record as it was before it was refused. */
function original(letter: DeadLetter, topics: Topics): OutgoingRecord {
  const { id, why, record } = letter;
  if (!isWhole(letter)) {
    throw new LetheError('invalid-message', `${id} can't be replayed: its value was too large to keep`, {
      field: 'lethe-value-sha256',
      value: why['lethe-value-sha256'],
      remedy: `Ask its producer to send it again. It was ${originOf(letter)}, with ${why['lethe-value-bytes']} bytes.`,
    });
  }
  const role = INGRESS_ROLES.find((known) => why['lethe-topic'].endsWith(known));
  if (!role) {
    throw new LetheError('invalid-message', `records of ${why['lethe-topic']} can't be replayed`, {
      field: 'lethe-topic',
      value: why['lethe-topic'],
      remedy: 'You can replay only samples, queries and commands.',
    });
  }
  const headers = Object.fromEntries(
    Object.entries(record.headers).filter(([name]) => !name.startsWith('lethe-')),
  );
  return { topic: topics[role], key: record.key, value: record.value, headers };
}
