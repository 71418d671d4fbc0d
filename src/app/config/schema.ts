import { z } from 'zod';
import { STRATEGY_NAMES } from '../../domain/messages/prediction.js';
import { analyticConfigSchema } from '../../model/analytic/config.js';
import { onnxEmbedderSchema } from '../../model/embedder/onnxDescription.js';
import { tfjsEmbedderSchema } from '../../model/embedder/tfjsDescription.js';
import { ssreConfigSchema } from '../../model/ssre/config.js';
import { TENSORFLOW_BACKENDS } from '../../model/tensorflow/loadTensorflow.js';

const MEGABYTE = 2 ** 20;
const count = z.int().positive();

const model = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .max(200)
      .describe('Name of the model: the key of commands, events and model versions.'),
    seed: z
      .int()
      .nonnegative()
      .max(2 ** 32 - 1)
      .describe('Seed of everything that is drawn; same input, config and backend give the same result.'),
    checkpoints: z.string().min(1).describe('Folder of the checkpoints; made if it is not there.'),
    backend: z
      .enum(['auto', ...TENSORFLOW_BACKENDS])
      .describe('TensorFlow backend; auto takes the fastest that works here.'),
  })
  .describe('The model, its seed and where it is kept.');

const secret = z.string().min(1).optional().meta({ secret: true });
const milliseconds = z.int().positive().max(3_600_000);

const kafka = z
  .strictObject({
    brokers: z
      .array(z.string().regex(/^[^\s:]+:\d{1,5}$/, 'host:port'))
      .min(1)
      .describe('Some brokers of the cluster, as host:port; the others are found through them.'),
    clientId: z.string().min(1).max(100).describe('Name under which the broker logs and limits this client.'),
    delivery: z
      .enum(['exactly-once', 'at-least-once'])
      .describe(
        'exactly-once: results and positions in one transaction; at-least-once: one after the other.',
      ),
    compression: z
      .enum(['none', 'gzip', 'lz4', 'zstd', 'snappy'])
      .describe('Of what is written; every codec is read.'),
    lingerMs: z.int().min(0).max(1000).describe('How long a record waits for others that travel with it.'),
    batchBytes: count.describe('Bytes that travel together at most.'),
    sessionTimeoutMs: milliseconds.describe('A worker that is silent for so long loses its partitions.'),
    startTimeoutMs: milliseconds.describe('How long the cluster may take to answer at the start.'),
    replicationFactor: z
      .int()
      .min(-1)
      .max(32)
      .describe('Replicas of topics that Lethe creates; -1 leaves it to the broker.'),
    createTopics: z.boolean().describe('Whether topics that are missing at the start are created.'),
    sasl: z
      .strictObject({
        mechanism: z
          .enum(['none', 'plain', 'scram-sha-256', 'scram-sha-512'])
          .describe('How connections prove who they are.'),
        username: z.string().optional().describe('User of the cluster.'),
        password: secret.describe('Its password; LETHE_TRANSPORT__KAFKA__SASL__PASSWORD(_FILE) only.'),
      })
      .describe('Authentication.'),
    ssl: z
      .strictObject({
        enabled: z.boolean().describe('Whether connections use TLS.'),
        ca: z
          .string()
          .optional()
          .describe('PEM file of the authority to trust; by default those of the system.'),
      })
      .describe('Encryption.'),
    schemaRegistry: z
      .strictObject({
        enabled: z
          .boolean()
          .describe('Whether JSON values may carry the id of a schema, and schemas are kept there.'),
        url: z
          .string()
          .regex(/^https?:\/\/[^@\s]+$/, 'http://host:port or https://host:port, without a password')
          .describe("Root of a REST API compatible with Confluent's schema registry."),
        username: z.string().optional().describe('User of the registry.'),
        password: secret.describe(
          'Its password; LETHE_TRANSPORT__KAFKA__SCHEMA_REGISTRY__PASSWORD(_FILE) only.',
        ),
        register: z
          .boolean()
          .describe('Whether schemas are registered at the start; otherwise they have to be there.'),
        emit: z.boolean().describe('Whether JSON values that Lethe writes carry the id of their schema.'),
      })
      .describe('The schema registry, for JSON Schema.'),
  })
  .describe('The Kafka cluster.');

const transport = z
  .strictObject({
    kind: z
      .enum(['memory', 'kafka'])
      .describe('Where topics live; memory: in this process; kafka: in the cluster of transport.kafka.'),
    topicPrefix: z.string().max(100).describe('Put before the names of the topics.'),
    partitions: z
      .int()
      .min(1)
      .max(1024)
      .describe('Partitions of a topic; the commands topic always has one.'),
    capacityRecords: count.describe('Records that a topic in memory holds before publishers wait.'),
    capacityBytes: count.min(MEGABYTE).describe('Bytes that a topic in memory holds before publishers wait.'),
    kafka,
  })
  .describe('The event log.');

const stores = z
  .strictObject({
    kind: z
      .enum(['memory', 'redis'])
      .describe('Where vectors and classes live; memory: in this process; redis: in stores.redis.'),
    redis: z
      .strictObject({
        url: z
          .string()
          .regex(/^rediss?:\/\/[^@\s]+$/, 'redis://host:port or rediss://host:port, without a password')
          .describe('Address of a Redis Stack (or Redis 8); rediss: speaks TLS.'),
        username: z.string().optional().describe('ACL user.'),
        password: secret.describe('Its password; LETHE_STORES__REDIS__PASSWORD(_FILE) only.'),
        ca: z
          .string()
          .optional()
          .describe('PEM file of the authority to trust; by default those of the system.'),
        startTimeoutMs: milliseconds.describe('How long Redis may take to answer at the start.'),
        index: z
          .strictObject({
            algorithm: z
              .enum(['flat', 'hnsw'])
              .describe('flat: exact; hnsw: approximate, faster where there are very many vectors.'),
            type: z.enum(['float32', 'float16']).describe('Stored precision; float16 halves the memory.'),
            m: count.max(512).describe('HNSW: links of each node.'),
            efConstruction: count.max(4096).describe('HNSW: candidates looked at when a vector is inserted.'),
            efRuntime: count.max(4096).describe('HNSW: candidates looked at when neighbours are searched.'),
          })
          .describe('How vectors are searched; an index that exists keeps its kind.'),
      })
      .describe('The Redis.'),
  })
  .describe('DB-CIL, DB-MU and the class registry.');

const checkpoints = z
  .strictObject({
    kind: z
      .enum(['folder', 'redis'])
      .describe(
        'Where workers find models: folder: model.checkpoints, shared by all; redis: in stores.redis.',
      ),
  })
  .describe('How models get from the learner to those who answer.');

const worker = z
  .strictObject({
    role: z
      .enum(['learn', 'infer', 'all'])
      .describe(
        'learn: samples and commands (one worker, others stand by); infer: queries (any number); all: both.',
      ),
    name: z.string().min(1).max(100).optional().describe('Name in logs; by default that of the host.'),
    leaseMs: milliseconds
      .min(1000)
      .describe('With Redis: a learner that is silent for so long is replaced by another that stands by.'),
  })
  .describe('What this process does.');

const bundledEmbedder = z.strictObject({
  kind: z.literal('bundled').describe('EfficientNet-Lite0 with ImageNet weights, which comes with Lethe.'),
  size: z.int().min(96).max(224).default(224).describe('Side of the square images that it sees, in pixels.'),
  threads: z.int().min(1).max(256).optional().describe('Threads; by default one for each core.'),
});

const embedder = z
  .discriminatedUnion('kind', [bundledEmbedder, onnxEmbedderSchema, tfjsEmbedderSchema])
  .describe('The frozen network that turns images into vectors: the bundled one, or your own file.');

const limits = z
  .strictObject({
    imageBytes: count.describe('Largest encoded image, in bytes.'),
    imagePixels: count.describe(
      'Largest image, width times height; refused from its header before it is decoded.',
    ),
    inFlight: count.max(100_000).describe('Records of a topic that are under way at most: bounds memory.'),
    inFlightBytes: count
      .min(MEGABYTE)
      .describe('Bytes of the records of a topic that are under way at most; one record always may be.'),
    vectorBatchSize: count.max(4096).describe('Vectors of samples that are stored together at most.'),
    decodeConcurrency: count.max(256).describe('Images that are decoded at the same time.'),
  })
  .describe('What a message may cost.');

const inference = z
  .strictObject({
    embedBatchSize: count
      .max(1024)
      .describe('Images of queries that are embedded together at most; none waits for others.'),
    batchSize: count
      .max(4096)
      .describe(
        'Queries that are searched for, classified and answered together at most; none waits for others.',
      ),
    strategy: z
      .enum(STRATEGY_NAMES)
      .describe('How inputs of unlearned classes are answered: Eq. 6-9 of the paper; nearest is its best.'),
    guard: z
      .boolean()
      .describe('Whether unlearned classes are masked in every answer; off reproduces the paper.'),
    topK: count.max(1000).describe('Classes that a prediction lists.'),
    unknown: z
      .strictObject({
        enabled: z
          .boolean()
          .describe('Whether inputs that are like nothing in either database are answered "unknown".'),
        share: z
          .number()
          .gt(0)
          .lt(1)
          .describe('Share of inputs of known classes that the calibration lets through.'),
      })
      .describe('What is done with inputs of no class at all.'),
  })
  .describe('How queries are answered.');

const filter = z
  .strictObject({
    kind: z
      .enum(['relative', 'threshold'])
      .describe('relative: calibrated, compares both databases; threshold: Eq. 5.'),
    threshold: z
      .number()
      .min(-1)
      .max(1)
      .describe('Similarity from which the threshold filter says unlearned.'),
    k: count.max(1000).describe('Neighbours in each database that the relative filter looks at.'),
    specificity: z
      .number()
      .gt(0)
      .lt(1)
      .describe('Least share of inputs of remaining classes that the calibration lets through.'),
    calibrate: z
      .boolean()
      .describe(
        'Whether the level is calibrated after every change of the databases; off keeps threshold, or margin 0.',
      ),
    calibrationSamples: count.max(10_000).describe('Vectors of each database that a calibration draws.'),
  })
  .describe('How inputs of unlearned classes are told from others.');

const unlearning = z
  .strictObject({
    k: count.max(10_000).describe('Neighbours of an example that vote for its class.'),
    minimalShare: z.number().gt(0).max(1).describe('Least share of the votes that the first class needs.'),
    minimalLead: z
      .number()
      .min(0)
      .max(1)
      .describe('Least lead over the second class, as a share of the votes.'),
    rebuild: z
      .strictObject({
        margin: z
          .number()
          .min(0)
          .max(1)
          .describe(
            'Share of accuracy on the remaining classes that a rebuilt model may lose; else it is refused.',
          ),
        samples: count.max(10_000).describe('Vectors of each class that the two models are compared on.'),
        deleteSamples: z
          .boolean()
          .describe(
            'Whether an erasure deletes all samples that were read, of every class, from their topic.',
          ),
      })
      .describe('How a model is rebuilt without erased classes.'),
  })
  .describe('How the class to be forgotten is found from examples, and how classes are erased.');

/** SSRE's settings without its seed, which is the model's. */
export const learningSsreSchema = ssreConfigSchema.omit({ seed: true });

/** Likewise those of the analytic learner. */
export const learningAnalyticSchema = analyticConfigSchema.omit({ seed: true });

const learning = z
  .strictObject({
    taskTimeoutSeconds: z
      .number()
      .positive()
      .max(86_400)
      .describe('A task is given up when no sample of it arrives for so long.'),
    embedBatchSize: count
      .max(1024)
      .describe(
        'Images of samples that are embedded together at most; a live query may have to wait for them.',
      ),
    learner: z
      .enum(['ssre', 'analytic'])
      .describe(
        "ssre: the paper's; analytic: ridge regression in closed form, from which classes are taken out exactly.",
      ),
    analytic: learningAnalyticSchema.describe('Hyper-parameters of the analytic learner.'),
    ssre: learningSsreSchema.describe(
      'Hyper-parameters of SSRE; what is left out has the default chosen on real data.',
    ),
  })
  .describe('How tasks are learned.');

const http = z
  .strictObject({
    enabled: z
      .boolean()
      .describe('Whether the gateway listens: messages in and out, status, metrics and health.'),
    host: z
      .string()
      .min(1)
      .describe('Address to bind; loopback by default, so that only this machine reaches it.'),
    port: z.int().min(0).max(65_535).describe('Port; 0 takes a free one.'),
    bodyBytes: count.max(1024 * MEGABYTE).describe('Largest request body, in bytes.'),
    waiting: count.max(100_000).describe('Requests that wait for room in the log before others are refused.'),
    commandsPerMinute: count
      .max(1_000_000)
      .describe('Commands that are taken in a minute, by the gateway and the console together.'),
    token: z
      .string()
      .regex(/^[\w.~+/-]{16,}=*$/, 'at least 16 letters, digits or . ~ + / _ -')
      .optional()
      .meta({ secret: true })
      .describe('Bearer token asked of every request but health and metrics; LETHE_HTTP__TOKEN(_FILE) only.'),
  })
  .describe('The HTTP gateway.');

const consolePage = z
  .strictObject({
    enabled: z
      .boolean()
      .describe('Whether the gateway serves the console, a page to look and to unlearn at.'),
    pages: count.max(100).describe('Pages that follow at a time.'),
    answersPerSecond: count.max(100).describe('Answers that a page shows in a second; all are counted.'),
    answers: count
      .max(1000)
      .describe('Answers that are kept with a small picture of their query, while a page is open.'),
    timeline: count.max(5000).describe('Commands and events that a page shows.'),
    mapPoints: count.max(20_000).describe('Vectors that the map shows, drawn from both databases.'),
    mapSample: count.max(5000).describe('Vectors that the plane of the map is made from.'),
  })
  .describe('The console.');

const log = z
  .strictObject({
    level: z
      .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
      .describe('Least level written.'),
    format: z
      .enum(['auto', 'json', 'text'])
      .describe('json: one object a line; text: for people; auto: text on a terminal.'),
  })
  .describe('Structured logs, on standard error.');

const audit = z
  .strictObject({
    signingKey: z
      .string()
      .optional()
      .describe('PEM file of the Ed25519 key (PKCS #8) that erasure certificates are signed with.'),
  })
  .describe('The record of what was asked for and done.');

const traces = z
  .strictObject({
    enabled: z
      .boolean()
      .describe('Whether records are followed through the stages by OpenTelemetry; off costs nothing.'),
    url: z
      .url()
      .optional()
      .describe(
        'Where spans are sent (OTLP over HTTP), with its path; by default as the variables OTEL_EXPORTER_OTLP_* say, else http://localhost:4318/v1/traces.',
      ),
    ratio: z
      .number()
      .min(0)
      .max(1)
      .describe(
        'Share of the records without a traceparent that begin a trace; those with one go by its flag.',
      ),
  })
  .describe('Distributed traces.');

/** The whole configuration. Defaults are in config/default.yaml; every field says what it is for. */
export const configSchema = z.strictObject({
  model,
  worker,
  transport,
  stores,
  checkpoints,
  embedder,
  limits,
  inference,
  filter,
  unlearning,
  learning,
  audit,
  http,
  console: consolePage,
  log,
  traces,
});
export type LetheConfig = z.infer<typeof configSchema>;
/** The configuration as it is written: what has a default of its own may be left out. */
export type LetheConfigInput = z.input<typeof configSchema>;
