import { Command } from 'commander';
import type { Admin } from 'kafkajs';
import { loadConfig } from '../app/config/loadConfig.js';
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
    .description('create and check the topics of a deployment on Kafka')
    .addCommand(createCommand(io))
    .addCommand(checkCommand(io));
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

async function prepared({ config: file }: TopicsOptions, io: CliIo) {
  const { config } = loadConfig({ file, variables: io.variables });
  const [{ kafkaConnection, wantedTopics }, { withAdmin }, adapter] = await Promise.all([
    import('../app/adapters/kafka.js'),
    import('../streams/transports/kafka/startCheck.js'),
    import('../streams/transports/kafka/topics.js'),
  ]);
  const connection = kafkaConnection(config);
  return {
    adapter,
    asAdmin: <T>(use: (admin: Admin) => Promise<T>): Promise<T> => withAdmin(connection, use),
    wanted: wantedTopics(config, topicsUnder(config.transport.topicPrefix)),
  };
}
