import { Command, InvalidArgumentError } from 'commander';
import type { Admin } from 'kafkajs';
import { z } from 'zod';
import { loadConfig } from '../app/config/loadConfig.js';
import { groupsOf } from '../domain/groups.js';
import { topicsUnder } from '../domain/topics.js';
import { withOutput } from './connection.js';
import { type CliIo, writeResult } from './io.js';

interface TopicsOptions {
  readonly config?: string;
  readonly json?: true;
}

/** `lethe topics`: the topics of a deployment on Kafka. */
export function topicsCommand(io: CliIo): Command {
  return new Command('topics')
    .description('create, check and rewind the topics on Kafka')
    .addCommand(createCommand(io))
    .addCommand(checkCommand(io))
    .addCommand(rewindCommand(io))
    .addCommand(acceptLossCommand(io));
}

function createCommand(io: CliIo): Command {
  return withOutput(new Command('create'))
    .description('create missing topics; existing ones stay unchanged')
    .option('--config <file>', 'configuration file')
    .addHelpText('after', '\nExample:\n  $ lethe topics create')
    .action(async (options: TopicsOptions) => {
      const { adapter, asAdmin, wanted } = await prepared(options, io);
      const { created, problems } = await asAdmin((admin) => adapter.ensureTopics(admin, wanted));
      const error = adapter.topicError(problems.filter((problem) => !adapter.isTolerable(problem)));
      if (error) throw error;
      const text = created.length > 0 ? `created ${created.join(', ')}` : 'all topics exist';
      writeResult(io, options.json, { created }, text);
    });
}

function checkCommand(io: CliIo): Command {
  return withOutput(new Command('check'))
    .description('check that all topics exist and are set up as Lethe needs them')
    .option('--config <file>', 'configuration file')
    .addHelpText('after', '\nExample:\n  $ lethe topics check')
    .action(async (options: TopicsOptions) => {
      const { adapter, asAdmin, wanted } = await prepared(options, io);
      const error = adapter.topicError(await asAdmin((admin) => adapter.checkTopics(admin, wanted)));
      if (error) throw error;
      const topics = wanted.map(({ topic }) => topic);
      writeResult(io, options.json, { topics }, `${topics.length} topics are correct`);
    });
}

function rewindCommand(io: CliIo): Command {
  return withOutput(new Command('rewind'))
    .description(
      'make the learner read commands and samples since a time again, after you restored Redis from a backup of that time',
    )
    .argument('<time>', 'start of the backup, in RFC 3339: for example 2026-01-31T12:00:00Z', timeOf)
    .option('--config <file>', 'configuration file')
    .addHelpText('after', '\nExample:\n  $ lethe topics rewind "$(cat backup/begun)"')
    .action(async (since: Date, options: TopicsOptions) => {
      const { asAdmin, readings } = await prepared(options, io);
      const { rewind } = await import('../adapters/kafka/rewind.js');
      // At once: kafkajs needs some seconds for each. All are waited for, also where one is refused: what is still asked when
      // the connection closes opens it anew, and the process would not end.
      const rewound = await asAdmin((admin) =>
        Promise.allSettled(readings.map((reading) => rewind(admin, reading, since))),
      );
      const again = Object.fromEntries(
        rewound.map((result, index) => {
          if (result.status === 'rejected') throw result.reason;
          return [readings[index]?.topic, result.value];
        }),
      );
      const lines = Object.entries(again).map(
        ([topic, count]) => `${topic}: ${count} records will be read again`,
      );
      writeResult(io, options.json, again, lines);
    });
}

function acceptLossCommand(io: CliIo): Command {
  return withOutput(new Command('accept-loss'))
    .description(
      'accept that commands were deleted before the learner read them, so that it continues without them',
    )
    .option('--config <file>', 'configuration file')
    .addHelpText('after', '\nExample:\n  $ lethe topics accept-loss')
    .action(async (options: TopicsOptions) => {
      const { asAdmin, commands } = await prepared(options, io);
      const { acceptLoss } = await import('../adapters/kafka/rewind.js');
      const lost = await asAdmin((admin) => acceptLoss(admin, commands));
      const lines = lost.map(
        ({ from, to }) => `${commands.topic}: skipped offsets ${from} to ${BigInt(to) - 1n}`,
      );
      writeResult(io, options.json, { lost }, lines.join('\n') || 'no records are lost');
    });
}

function timeOf(text: string): Date {
  const { data } = z.iso.datetime({ offset: true }).safeParse(text);
  if (data === undefined)
    throw new InvalidArgumentError('Give an RFC 3339 time, for example 2026-01-31T12:00:00Z.');
  return new Date(data);
}

async function prepared({ config: file }: TopicsOptions, io: CliIo) {
  const { config } = loadConfig({ file, variables: io.variables });
  const [{ kafkaConnection, wantedTopics }, { withAdmin }, adapter] = await Promise.all([
    import('../app/adapters/kafka.js'),
    import('../adapters/kafka/startCheck.js'),
    import('../adapters/kafka/topics.js'),
  ]);
  const connection = kafkaConnection(config);
  const topics = topicsUnder(config.transport.topicPrefix);
  const { commands, learning } = groupsOf(topics);
  const carryingOut = { group: commands, topic: topics.commands };
  return {
    adapter,
    commands: carryingOut,
    /** What a restored Redis may lack. Both are idempotent by their ids. */
    readings: [carryingOut, { group: learning, topic: topics.samples }],
    asAdmin: <T>(use: (admin: Admin) => Promise<T>): Promise<T> => withAdmin(connection, use),
    wanted: wantedTopics(config, topics),
  };
}
