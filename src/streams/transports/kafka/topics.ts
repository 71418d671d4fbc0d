import kafkajs, { type Admin } from 'kafkajs';
import { LetheError } from '../../../domain/errors.js';

const { ConfigResourceTypes } = kafkajs;

/** A topic as it has to be. */
export interface WantedTopic {
  readonly topic: string;
  /** At least so many. */
  readonly partitions: number;
  /** For a topic that is created; `-1` leaves it to the broker. */
  readonly replicationFactor: number;
  /** E.g. `cleanup.policy`; set where the topic is created, compared where it exists. */
  readonly config: Readonly<Record<string, string>>;
}

/** In what a topic differs from what is wanted. */
export type TopicProblem =
  | { readonly kind: 'missing'; readonly topic: string; readonly partitions: number }
  | {
      readonly kind: 'too-few-partitions';
      readonly topic: string;
      readonly wanted: number;
      readonly found: number;
    }
  | {
      readonly kind: 'other-config';
      readonly topic: string;
      readonly name: string;
      readonly wanted: string;
      readonly found: string | undefined;
    };

/** Only this makes a difference to what is read; retention and the like are the operator's to choose. */
const COMPARED = 'cleanup.policy';

/** Compares the topics of the cluster with those that are wanted. */
export async function checkTopics(admin: Admin, wanted: readonly WantedTopic[]): Promise<TopicProblem[]> {
  const existing = new Set(await admin.listTopics());
  const present = wanted.filter(({ topic }) => existing.has(topic));
  const problems: TopicProblem[] = wanted
    .filter(({ topic }) => !existing.has(topic))
    .map(({ topic, partitions }) => ({ kind: 'missing', topic, partitions }));
  if (present.length === 0) return problems;
  const { topics } = await admin.fetchTopicMetadata({ topics: present.map(({ topic }) => topic) });
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: present.map(({ topic }) => ({
      type: ConfigResourceTypes.TOPIC,
      name: topic,
      configNames: [COMPARED],
    })),
  });
  for (const { topic, partitions, config } of present) {
    const found = topics.find(({ name }) => name === topic)?.partitions.length ?? 0;
    if (found < partitions) problems.push({ kind: 'too-few-partitions', topic, wanted: partitions, found });
    const policy = config[COMPARED];
    const entries = resources.find(({ resourceName }) => resourceName === topic)?.configEntries ?? [];
    const is = entries.find(({ configName }) => configName === COMPARED)?.configValue;
    if (policy !== undefined && is !== policy)
      problems.push({ kind: 'other-config', topic, name: COMPARED, wanted: policy, found: is });
  }
  return problems;
}

/**
 * Creates the topics that are missing; those that exist stay as they are.
 * @returns which were created, and what is wrong with the others
 */
export async function ensureTopics(
  admin: Admin,
  wanted: readonly WantedTopic[],
): Promise<{ readonly created: readonly string[]; readonly problems: readonly TopicProblem[] }> {
  const problems = await checkTopics(admin, wanted);
  const missing = new Set(problems.filter(({ kind }) => kind === 'missing').map(({ topic }) => topic));
  if (missing.size > 0) {
    await admin.createTopics({
      waitForLeaders: true,
      topics: wanted
        .filter(({ topic }) => missing.has(topic))
        .map(({ topic, partitions, replicationFactor, config }) => ({
          topic,
          numPartitions: partitions,
          replicationFactor,
          configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
        })),
    });
  }
  return { created: [...missing], problems: problems.filter(({ kind }) => kind !== 'missing') };
}

/** The first problem as an error that says what to do. */
export function topicError([problem]: readonly TopicProblem[]): LetheError | undefined {
  switch (problem?.kind) {
    case undefined:
      return undefined;
    case 'missing':
      return new LetheError('config-invalid', `Kafka has no topic ${problem.topic}`, {
        field: 'transport.topics',
        value: problem.topic,
        remedy: 'Create the topics with `lethe topics create`.',
      });
    case 'too-few-partitions':
      return new LetheError(
        'config-invalid',
        `the topic ${problem.topic} has ${problem.found} partitions, ${problem.wanted} are wanted`,
        {
          field: 'transport.partitions',
          value: String(problem.wanted),
          remedy:
            `Lower transport.partitions to ${problem.found}, or add partitions while Lethe is stopped: ` +
            `kafka-topics.sh --alter --topic ${problem.topic} --partitions ${problem.wanted}.`,
        },
      );
    case 'other-config':
      return new LetheError(
        'config-invalid',
        `the topic ${problem.topic} has ${problem.name}=${problem.found}, ${problem.wanted} is needed`,
        {
          field: 'transport.topics',
          value: problem.topic,
          remedy:
            `Set it: kafka-configs.sh --alter --entity-type topics --entity-name ${problem.topic} ` +
            `--add-config ${problem.name}=[${problem.wanted}].`,
        },
      );
  }
}
