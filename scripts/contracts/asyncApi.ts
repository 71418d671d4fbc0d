import { refusalSchema } from '../../src/adapters/http/refusal.js';
import { tailedRecordSchema } from '../../src/adapters/http/tailedRecord.js';
import type { MessageName } from '../../src/domain/contracts/headers.js';
import {
  headersJsonSchema,
  type JsonSchema,
  MESSAGE_NAMES,
  PAYLOAD_NAMES,
  payloadJsonSchema,
  toJsonSchema,
} from '../../src/domain/contracts/jsonSchemas.js';
import { IMAGE_TYPES, TEXT_TYPE } from '../../src/domain/messages/payload.js';
import { type TopicRole, topicsUnder } from '../../src/domain/topics.js';

/** What is said of a topic: which messages, in which direction, under which key. */
interface Described {
  readonly role: TopicRole;
  readonly message: MessageName;
  /** Of Lethe: it reads what it receives, and writes what it sends. */
  readonly action: 'receive' | 'send';
  readonly key: string;
  readonly summary: string;
}

const TOPICS: readonly Described[] = [
  {
    role: 'samples',
    message: 'sample',
    action: 'receive',
    key: 'The label.',
    summary: 'Labelled inputs for training: images, texts or vectors. Label and task are in the headers.',
  },
  {
    role: 'commands',
    message: 'command',
    action: 'receive',
    key: 'The name of the model; the topic has one partition, hence one order.',
    summary: 'Learn, unlearn, relearn, erase. Lethe carries out a command once for each id.',
  },
  {
    role: 'queries',
    message: 'query',
    action: 'receive',
    key: 'The id of the query.',
    summary: 'Inputs to answer: images, texts or vectors.',
  },
  {
    role: 'predictions',
    message: 'prediction',
    action: 'send',
    key: 'The id of the query.',
    summary: 'One answer to each query. None names an unlearned class while the guard is on.',
  },
  {
    role: 'events',
    message: 'event',
    action: 'send',
    key: 'The name of the model; the topic has one partition, hence one order.',
    summary: 'The results of commands and tasks.',
  },
  {
    role: 'models',
    message: 'model',
    action: 'send',
    key: 'The name of the model; the topic is compacted.',
    summary: 'The current model and the location of its checkpoint.',
  },
  {
    role: 'dead-letters',
    message: 'dead-letter',
    action: 'send',
    key: 'The header of the refused record.',
    summary: 'Refused records: the original value and headers, and the reason.',
  },
  {
    role: 'audit',
    message: 'audit',
    action: 'send',
    key: 'The name of the model; the topic has one partition, hence one order.',
    summary: 'The hash-chained record of commands and events.',
  },
];

const topics = topicsUnder('lethe.');
const ref = (...path: string[]) => ({ $ref: `#/${path.join('/')}` });
const BINARY = { type: 'string', format: 'binary' };
/** Attributes that the gateway fills in where they are left out. */
const FILLED_IN = new Set(['ce_id', 'ce_type', 'ce_source', 'ce_specversion']);
const TAILED: ReadonlySet<TopicRole> = new Set(['predictions', 'events', 'dead-letters', 'audit']);

/** The AsyncAPI 3.1 document of everything that Lethe reads and writes, over Kafka and over HTTP. */
export function asyncApiDocument(version: string): object {
  return {
    asyncapi: '3.1.0',
    info: {
      title: 'Lethe',
      version,
      description:
        'A stream processor that learns classes and forgets them on request. Every message is a CloudEvent 1.0 in ' +
        'binary content mode: attributes are headers (`ce_…` on Kafka, `ce-…` over HTTP), the payload is the value. ' +
        'A newer version of Lethe may add fields and kinds of events to what it writes; readers pass over them. ' +
        'Written by `npm run docs:contracts` from the schemas in src/domain.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      kafka: {
        host: '{brokers}',
        protocol: 'kafka',
        description: 'The cluster of `transport.kafka`. Readers use `isolation.level=read_committed`.',
        variables: { brokers: { default: '127.0.0.1:9092' } },
      },
      gateway: {
        host: '{address}',
        protocol: 'http',
        description: 'The HTTP gateway of a running Lethe.',
        variables: { address: { default: '127.0.0.1:7070' } },
        security: [ref('components', 'securitySchemes', 'token')],
      },
    },
    channels: Object.fromEntries(
      TOPICS.flatMap((topic) => [[topic.role, kafkaChannel(topic)], ...gatewayChannel(topic)]),
    ),
    operations: Object.fromEntries(TOPICS.flatMap((topic) => operationsOf(topic))),
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'Required if `http.token` is set.' },
      },
      messages: Object.fromEntries(TOPICS.flatMap((topic) => messagesOf(topic))),
      schemas: Object.fromEntries(schemas().map(([name, schema]) => [name, embedded(schema)])),
    },
  };
}

/** Every JSON Schema, by the name of its file. */
export function schemas(): [string, JsonSchema][] {
  return [
    ...PAYLOAD_NAMES.map((name): [string, JsonSchema] => [name, payloadJsonSchema(name)]),
    ...MESSAGE_NAMES.map((name): [string, JsonSchema] => [`${name}-headers`, headersJsonSchema(name)]),
    ['tailed-record', toJsonSchema(tailedRecordSchema, 'output')],
    ['refusal', toJsonSchema(refusalSchema, 'output')],
  ];
}

function kafkaChannel(topic: Described): object {
  return {
    address: topics[topic.role],
    title: topics[topic.role],
    summary: topic.summary,
    description: 'The prefix `lethe.` is the setting `transport.topicPrefix`.',
    servers: [ref('servers', 'kafka')],
    messages: Object.fromEntries(
      variantsOf(topic.message).map(({ name }) => [name, ref('components', 'messages', name)]),
    ),
    bindings: { kafka: { topic: topics[topic.role] } },
  };
}

/** `POST` where messages are taken, server-sent events where they can be followed. */
function gatewayChannel(topic: Described): [string, object][] {
  if (topic.action === 'send' && !TAILED.has(topic.role)) return [];
  const messages = topic.action === 'receive' ? variantsOf(topic.message) : [{ name: topic.message }];
  return [
    [
      `http-${topic.role}`,
      {
        address: `/v1/${topic.role}`,
        title: `/v1/${topic.role}`,
        summary: topic.summary,
        servers: [ref('servers', 'gateway')],
        messages: Object.fromEntries(
          messages.map(({ name }) => [`http-${name}`, ref('components', 'messages', `http-${name}`)]),
        ),
      },
    ],
  ];
}

function operationsOf(topic: Described): [string, object][] {
  const kafka = {
    action: topic.action,
    channel: ref('channels', topic.role),
    summary: topic.summary,
  };
  const operations: [string, object][] = [[`${topic.action}-${topic.role}`, kafka]];
  if (topic.action === 'receive') {
    operations.push([
      `http-receive-${topic.role}`,
      {
        action: 'receive',
        channel: ref('channels', `http-${topic.role}`),
        summary:
          'The answer is 202 and `{"id": …}` once the message is in the log, otherwise 4xx or 503 and a refusal.',
        bindings: { http: { method: 'POST' } },
      },
    ]);
  } else if (TAILED.has(topic.role)) {
    operations.push([
      `http-send-${topic.role}`,
      {
        action: 'send',
        channel: ref('channels', `http-${topic.role}`),
        summary:
          'Server-sent events. `?from=earliest` starts with the existing records, `?from=0/12,1/7` at an offset of each partition. `&bodies=whole` returns every value.',
        bindings: { http: { method: 'GET' } },
      },
    ]);
  }
  return operations;
}

interface Variant {
  readonly name: string;
  readonly contentType: string;
  readonly payload: object;
}

/** A sample or query is of several content types; AsyncAPI has one for each message. */
function variantsOf(message: MessageName): Variant[] {
  if (message === 'dead-letter')
    return [{ name: message, contentType: 'application/octet-stream', payload: BINARY }];
  const json = { contentType: 'application/json', payload: ref('components', 'schemas', message) };
  if (message !== 'sample' && message !== 'query') return [{ name: message, ...json }];
  return [
    ...IMAGE_TYPES.map((contentType) => ({
      name: `${message}-${contentType.split('/')[1]}`,
      contentType,
      payload: BINARY,
    })),
    { name: `${message}-text`, contentType: TEXT_TYPE, payload: { type: 'string' } },
    { name: `${message}-float32`, contentType: 'application/x-float32', payload: BINARY },
    { name: `${message}-json`, ...json },
  ];
}

function messagesOf({ role, message, action, key, summary }: Described): [string, object][] {
  const onKafka = variantsOf(message).map(({ name, contentType, payload }): [string, object] => [
    name,
    {
      name,
      title: name,
      summary,
      contentType,
      headers: ref('components', 'schemas', `${message}-headers`),
      payload,
      bindings: { kafka: { key: { type: 'string', description: key } } },
    },
  ]);
  if (action === 'send') {
    if (!TAILED.has(role)) return onKafka;
    const name = `http-${message}`;
    const payload = ref('components', 'schemas', 'tailed-record');
    return [...onKafka, [name, { name, title: name, summary, contentType: 'application/json', payload }]];
  }
  const headers = httpHeaders(embedded(headersJsonSchema(message)));
  const overHttp = variantsOf(message).map(({ name, contentType, payload }): [string, object] => [
    `http-${name}`,
    { name: `http-${name}`, title: `http-${name}`, summary, contentType, headers, payload },
  ]);
  return [...onKafka, ...overHttp];
}

/** The same headers as the HTTP binding of CloudEvents names them; values are percent-encoded there. */
function httpHeaders(schema: JsonSchema): JsonSchema {
  const renamed = (name: string): string => name.replace('ce_', 'ce-');
  return {
    ...schema,
    properties: Object.fromEntries(
      Object.entries(schema.properties ?? {}).map(([name, property]) => [renamed(name), property]),
    ),
    required: (schema.required ?? []).filter((name) => !FILLED_IN.has(name)).map(renamed),
  };
}

/** A schema inside of the document, which says for all of them of which draft they are. */
function embedded({ $schema: _, ...schema }: JsonSchema): JsonSchema {
  return schema;
}
