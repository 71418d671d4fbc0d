import { Command, InvalidArgumentError } from 'commander';
import type { Admin } from 'kafkajs';
import { z } from 'zod';
import { loadConfig } from '../app/config/loadConfig.js';
import { topicsUnder } from '../domain/topics.js';
import { groupsOf } from '../streams/groups.js';
import { withOutput } from './connection.js';
import { type CliIo, writeResult } from './io.js';

interface TopicsOptions {
  readonly config?: string;
  readonly json?: true;
}

/** `lethe topics`: the topics of a deployment on Kafka. */
export function topicsCommand(io: CliIo): Command {
  return new Command('topics')
    .description('create, check and rewind the topics of a deployment on Kafka')
    .addCommand(createCommand(io))
    .addCommand(checkCommand(io))
    .addCommand(rewindCommand(io));
}

function createCommand(io: CliIo): Command {
  return withOutput(new Command('create'))
    .description('create the topics that are missing; those that exist stay as they are')
    .option('--config <file>', 'configuration file')
    .addHelpText('after', '\nExample:\n  $ lethe topics create')
    .action(async (options: TopicsOptions) => {
      const { adapter, asAdmin, wanted } = await prepared(options, io);
      const { created, problems } = await asAdmin((admin) => adapter.ensureTopics(admin, wanted));
      const error = adapter.topicError(problems);
      if (error) throw error;
      const text =
        created.length > 0 ? `created ${created.join(', ')}` : 'nothing to create: all topics are there';
      writeResult(io, options.json, { created }, text);
    });
}

function checkCommand(io: CliIo): Command {
  return withOutput(new Command('check'))
    .description(
      'check that all topics are there as Lethe needs them; says what is wrong with the first that is not',
    )
    .option('--config <file>', 'configuration file')
    .addHelpText('after', '\nExample:\n  $ lethe topics check')
    .action(async (options: TopicsOptions) => {
      const { adapter, asAdmin, wanted } = await prepared(options, io);
      const error = adapter.topicError(await asAdmin((admin) => adapter.checkTopics(admin, wanted)));
      if (error) throw error;
      const topics = wanted.map(({ topic }) => topic);
      writeResult(io, options.json, { topics }, `${topics.length} topics are as they should be`);
    });
}

function rewindCommand(io: CliIo): Command {
  return withOutput(new Command('rewind'))
    .description(
      'have commands and samples that were written since a time read again: after Redis was restored from a backup of that time',
    )
    .argument('<time>', 'RFC 3339, e.g. 2026-01-31T12:00:00Z: when the backup was begun', timeOf)
    .option('--config <file>', 'configuration file')
    .addHelpText('after', '\nExample:\n  $ lethe topics rewind "$(cat backup/begun)"')
    .action(async (since: Date, options: TopicsOptions) => {
      const { asAdmin, readings } = await prepared(options, io);
      const { rewind } = await import('../streams/transports/kafka/rewind.js');
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
        ([topic, count]) => `${topic}: ${count} records are read again`,
      );
      writeResult(io, options.json, again, lines.join('\n'));
    });
}

function timeOf(text: string): Date {
  const { data } = z.iso.datetime({ offset: true }).safeParse(text);
  if (data === undefined)
    throw new InvalidArgumentError('It is an RFC 3339 time, e.g. 2026-01-31T12:00:00Z.');
  return new Date(data);
}

async function prepared({ config: file }: TopicsOptions, io: CliIo) {
  const { config } = loadConfig({ file, variables: io.variables });
  const [{ kafkaConnection, wantedTopics }, { withAdmin }, adapter] = await Promise.all([
    import('../app/adapters/kafka.js'),
    import('../streams/transports/kafka/startCheck.js'),
    import('../streams/transports/kafka/topics.js'),
  ]);
  const connection = kafkaConnection(config);
  const topics = topicsUnder(config.transport.topicPrefix);
  const { commands, learning } = groupsOf(topics);
  return {
    adapter,
    /** What a restored Redis may lack: both are carried out once, by their ids. */
    readings: [
      { group: commands, topic: topics.commands },
      { group: learning, topic: topics.samples },
    ],
    asAdmin: <T>(use: (admin: Admin) => Promise<T>): Promise<T> => withAdmin(connection, use),
    wanted: wantedTopics(config, topics),
  };
}
