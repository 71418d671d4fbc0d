import { Command, Option } from 'commander';
import { LetheError, REASON_CODES, type ReasonCode } from '../domain/errors.js';
import { type DeadLetterHeaders, deadLetterHeadersSchema } from '../domain/messages/deadLetter.js';
import { type LogRecord, type OutgoingRecord, positionOf } from '../domain/record.js';
import type { Topics } from '../domain/topics.js';
import { INGRESS_ROLES } from '../streams/transports/http/ingress.js';
import { type ConnectionOptions, connect, withConnection } from './connection.js';
import { type CliIo, writeResult } from './io.js';
import { keptRecords } from './keptRecords.js';

interface SelectionOptions extends ConnectionOptions {
  readonly reason?: ReasonCode;
}

interface DeadLetter {
  /** Where it lies itself, `topic/partition/offset`. */
  readonly id: string;
  readonly why: DeadLetterHeaders;
  readonly record: LogRecord;
}

/** `lethe dead-letters`: what was refused, why, and once more. */
export function deadLettersCommand(io: CliIo): Command {
  return new Command('dead-letters')
    .description('list, show and replay what was refused')
    .addCommand(listCommand(io))
    .addCommand(showCommand(io))
    .addCommand(replayCommand(io));
}

function listCommand(io: CliIo): Command {
  return withReason(withConnection(new Command('list')))
    .description('list the dead letters that are kept, oldest first')
    .addHelpText('after', '\nExample:\n  $ lethe dead-letters list --reason class-unlearned')
    .action(async (options: SelectionOptions) => {
      const letters = await read(options, io);
      const lines = letters.map(({ id, why }) => `${id}  ${why['lethe-reason']}  ${why['lethe-message']}`);
      writeResult(io, options.json, letters.map(described), lines.join('\n') || 'no dead letters');
    });
}

function showCommand(io: CliIo): Command {
  return withConnection(new Command('show'))
    .description('show a dead letter: where it came from, why it was refused, what to do')
    .argument('<id>', 'topic/partition/offset, as `list` shows it')
    .addHelpText('after', '\nExample:\n  $ lethe dead-letters show lethe.dead-letters/0/3')
    .action(async (id: string, options: ConnectionOptions) => {
      const letter = byId(await read(options, io), id);
      const fields = Object.entries(described(letter)).map(([name, value]) => `${name}: ${String(value)}`);
      writeResult(io, options.json, described(letter), fields.join('\n'));
    });
}

function replayCommand(io: CliIo): Command {
  return withReason(withConnection(new Command('replay')))
    .description('send dead letters once more to the topics they came from; they stay where they lie')
    .argument('[ids...]', 'topic/partition/offset, as `list` shows it; none with --reason')
    .addHelpText(
      'after',
      '\nExample:\n  $ lethe relearn cat && lethe dead-letters replay --reason class-unlearned',
    )
    .action(async (ids: string[], options: SelectionOptions, command: Command) => {
      if (ids.length > 0 === (options.reason !== undefined))
        command.error('error: name either dead letters or --reason');
      const letters = await read(options, io);
      const chosen = ids.length > 0 ? ids.map((id) => byId(letters, id)) : letters;
      const client = connect(options, io);
      await client.publish(chosen.map((letter) => original(letter, client.topics)));
      writeResult(io, options.json, { replayed: chosen.length }, `${chosen.length} sent once more`);
    });
}

function withReason(command: Command): Command {
  return command.addOption(new Option('--reason <code>', 'only those refused for it').choices(REASON_CODES));
}

async function read({ reason, ...options }: SelectionOptions, io: CliIo): Promise<DeadLetter[]> {
  return (await keptRecords(connect(options, io), 'dead-letters')).flatMap((record) => {
    const why = deadLetterHeadersSchema.safeParse(record.headers);
    if (!why.success || (reason !== undefined && why.data['lethe-reason'] !== reason)) return [];
    return [{ id: positionOf(record), why: why.data, record }];
  });
}

function byId(letters: readonly DeadLetter[], id: string): DeadLetter {
  const letter = letters.find((each) => each.id === id);
  if (letter) return letter;
  throw new LetheError('invalid-message', `there is no dead letter ${id}`, {
    field: 'id',
    value: id,
    remedy: '`lethe dead-letters list` shows those that are kept.',
  });
}

function described({ id, why, record }: DeadLetter): Readonly<Record<string, unknown>> {
  return {
    id,
    reason: why['lethe-reason'],
    message: why['lethe-message'],
    remedy: why['lethe-remedy'],
    from: `${why['lethe-topic']}/${why['lethe-partition']}/${why['lethe-offset']}`,
    time: why['lethe-time'],
    key: record.key,
    contentType: record.headers['content-type'] ?? null,
    bytes: record.value.length,
  };
}

/** The record as it was before it was refused. */
function original({ why, record }: DeadLetter, topics: Topics): OutgoingRecord {
  const role = INGRESS_ROLES.find((known) => why['lethe-topic'].endsWith(known));
  if (!role) {
    throw new LetheError('invalid-message', `nothing can be sent to ${why['lethe-topic']} again`, {
      field: 'lethe-topic',
      value: why['lethe-topic'],
      remedy: 'Only samples, queries and commands are replayed.',
    });
  }
  const headers = Object.fromEntries(
    Object.entries(record.headers).filter(([name]) => !name.startsWith('lethe-')),
  );
  return { topic: topics[role], key: record.key, value: record.value, headers };
}
