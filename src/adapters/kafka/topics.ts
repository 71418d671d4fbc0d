import kafkajs, { type Admin } from 'kafkajs';
import { LetheError } from '../../domain/errors.js';
import { alterTopic } from './failures.js';

const { ConfigResourceTypes } = kafkajs;

/** A topic as Lethe needs it. */
export interface WantedTopic {
  readonly topic: string;
  /** Minimal number; exactly one if the topic is {@link ordered}. */
  readonly partitions: number;
  /** Whether its records have one order, and so one partition. */
  readonly ordered?: boolean;
  /** For a new topic; `-1` takes the default of the broker. */
  readonly replicationFactor: number;
  /** E.g. `cleanup.policy`; set when the topic is created. For an existing topic, the {@link COMPARED} are compared. */
  readonly config: Readonly<Record<string, string>>;
  /** Minimal `max.message.bytes`, also of an existing topic; Kafka's default is larger. */
  readonly leastBatch?: number;
}

/** How a topic differs from the wanted one. */
export type TopicProblem =
  | { readonly kind: 'missing'; readonly topic: string; readonly partitions: number }
  | {
      readonly kind: 'too-few-partitions';
      readonly topic: string;
      readonly wanted: number;
      readonly found: number;
    }
  | { readonly kind: 'not-ordered'; readonly topic: string; readonly found: number }
  | { readonly kind: 'too-small'; readonly topic: string; readonly wanted: number; readonly found: number }
  | {
      readonly kind: 'other-config';
      readonly topic: string;
      readonly name: string;
      readonly wanted: string;
      readonly found: string | undefined;
    };

const LARGEST_BATCH = 'max.message.bytes';

type Comparison = (found: string | undefined, wanted: string) => boolean;
const isSame: Comparison = (found, wanted) => found === wanted;
/** A setting that the cluster does not return passes; a problem shows when it is used. */
const isAtLeast: Comparison = (found, wanted) => found === undefined || Number(found) >= Number(wanted);

/** The settings that are compared if they are wanted; all others are the operator's choice. */
const COMPARED: Readonly<Record<string, Comparison>> = {
  'cleanup.policy': isSame,
  'retention.ms': isSame,
  'retention.bytes': isSame,
  [LARGEST_BATCH]: isAtLeast,
};

/** The effective `max.message.bytes` of each topic: its own, or the brokers' `message.max.bytes`. */
export async function largestBatches(
  admin: Admin,
  topics: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const settings = await topicSettings(admin, topics, [LARGEST_BATCH]);
  const limits = topics.map((topic) => [topic, Number(settings(topic, LARGEST_BATCH))] as const);
  return new Map(limits.filter(([, bytes]) => Number.isSafeInteger(bytes)));
}

/** Compares the topics of the cluster with the wanted ones. */
export async function checkTopics(admin: Admin, wanted: readonly WantedTopic[]): Promise<TopicProblem[]> {
  const existing = new Set(await admin.listTopics());
  const present = wanted.filter(({ topic }) => existing.has(topic));
  const problems: TopicProblem[] = wanted
    .filter(({ topic }) => !existing.has(topic))
    .map(({ topic, partitions }) => ({ kind: 'missing', topic, partitions }));
  if (present.length === 0) return problems;
  const { topics } = await admin.fetchTopicMetadata({ topics: present.map(({ topic }) => topic) });
  const names = present.map(({ topic }) => topic);
  const setting = await topicSettings(admin, names, Object.keys(COMPARED));
  for (const { topic, partitions, ordered = false, config, leastBatch = 0 } of present) {
    const found = topics.find(({ name }) => name === topic)?.partitions.length ?? 0;
    if (found < partitions) problems.push({ kind: 'too-few-partitions', topic, wanted: partitions, found });
    if (ordered && found > 1) problems.push({ kind: 'not-ordered', topic, found });
    const largest = Number(setting(topic, LARGEST_BATCH) ?? Number.POSITIVE_INFINITY);
    if (largest < leastBatch) problems.push({ kind: 'too-small', topic, wanted: leastBatch, found: largest });
    for (const [name, isEnough] of Object.entries(COMPARED)) {
      const [needed, is] = [config[name], setting(topic, name)];
      if (needed !== undefined && !isEnough(is, needed))
        problems.push({ kind: 'other-config', topic, name, wanted: needed, found: is });
    }
  }
  return problems;
}

/** The settings of topics, explicit or by default: the value by topic and name. */
async function topicSettings(
  admin: Admin,
  topics: readonly string[],
  configNames: string[],
): Promise<(topic: string, name: string) => string | undefined> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: topics.map((name) => ({ type: ConfigResourceTypes.TOPIC, name, configNames })),
  });
  return (topic, name) =>
    resources
      .find(({ resourceName }) => resourceName === topic)
      ?.configEntries.find(({ configName }) => configName === name)?.configValue;
}

/**
 * Whether Lethe can work with the topic as it is: it may lose unread records, or accept only small ones, but
 * otherwise works. Records that do not fit wait.
 */
export function isTolerable(problem: TopicProblem): boolean {
  if (problem.kind === 'too-small') return true;
  if (problem.kind !== 'other-config') return false;
  return problem.name.startsWith('retention.') || problem.name === LARGEST_BATCH;
}

/**
 * Creates missing topics; existing ones stay unchanged.
 * @returns the created topics, and the problems of the others
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

/** The first problem as an error with a remedy. */
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
        `the topic ${problem.topic} has ${problem.found} partitions instead of ${problem.wanted}`,
        {
          field: 'transport.partitions',
          value: String(problem.wanted),
          remedy:
            `Lower transport.partitions to ${problem.found}, or add partitions while Lethe is stopped: ` +
            `kafka-topics.sh --alter --topic ${problem.topic} --partitions ${problem.wanted}.`,
        },
      );
    case 'not-ordered':
      return new LetheError(
        'config-invalid',
        `the topic ${problem.topic} has ${problem.found} partitions, but needs exactly 1, because its records are ordered`,
        {
          field: 'transport.topics',
          value: problem.topic,
          remedy:
            'Kafka cannot remove partitions. Set a new transport.topicPrefix. Or stop all workers when ' +
            `lethe status shows no lag, delete ${problem.topic} and run \`lethe topics create\`.`,
        },
      );
    case 'too-small': {
      const { topic, wanted, found } = problem;
      return new LetheError(
        'config-invalid',
        `the topic ${topic} has ${LARGEST_BATCH}=${found}, but Lethe needs at least ${wanted}`,
        {
          field: 'transport.topics',
          value: topic,
          remedy: `Raise it: ${alterTopic(topic, LARGEST_BATCH, String(wanted))}.`,
        },
      );
    }
    case 'other-config':
      return new LetheError(
        'config-invalid',
        `the topic ${problem.topic} has ${problem.name}=${problem.found}, but Lethe needs ${atLeast(problem.name)}${problem.wanted}`,
        {
          field: 'transport.topics',
          value: problem.topic,
          remedy: remedyFor(problem),
        },
      );
  }
}

const atLeast = (name: string): string => (name === LARGEST_BATCH ? 'at least ' : '');

function remedyFor({ topic, name, wanted }: Extract<TopicProblem, { kind: 'other-config' }>): string {
  const alter = alterTopic(topic, name, name === LARGEST_BATCH ? wanted : `[${wanted}]`);
  return name === LARGEST_BATCH
    ? `Raise it: ${alter}; or lower limits.imageBytes to the limit of the topic minus 1 MiB.`
    : `Set it: ${alter}.`;
}
