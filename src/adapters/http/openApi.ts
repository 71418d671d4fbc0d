import { z } from 'zod';
import { classEvidenceSchema } from '../../domain/classEvidence.js';
import { classNameSchema } from '../../domain/className.js';
import { commandBodySchema } from '../../domain/messages/command.js';
import { idSchema, subjectSchema, taskNameSchema } from '../../domain/messages/common.js';
import { IMAGE_TYPES } from '../../domain/messages/payload.js';
import { predictionSchema } from '../../domain/messages/prediction.js';
import { BATCH_TYPE, batchSchema } from './batch.js';
import { OPENAPI_EXAMPLES } from './openApiExamples.js';
import { acceptedSchema, batchResultSchema, commandResultSchema } from './outcome.js';
import { refusalSchema } from './refusal.js';
import { tailedRecordSchema } from './tailedRecord.js';

type Io = 'input' | 'output';

/** JSON bodies, by the name of their component: what may be sent, and what is answered. */
const SCHEMAS = {
  vector: [z.array(z.number()).min(1), 'input'],
  batch: [batchSchema, 'input'],
  command: [commandBodySchema, 'input'],
  accepted: [acceptedSchema, 'output'],
  prediction: [predictionSchema, 'output'],
  'batch-result': [batchResultSchema, 'output'],
  'command-result': [commandResultSchema, 'output'],
  evidence: [classEvidenceSchema, 'output'],
  status: [z.looseObject({}), 'output'],
  'tailed-record': [tailedRecordSchema, 'output'],
  refusal: [refusalSchema, 'output'],
} as const satisfies Record<string, readonly [z.ZodType, Io]>;
type OpenApiSchema = keyof typeof SCHEMAS;
/** By the component that they are of. */
const EXAMPLES: Partial<Record<OpenApiSchema, Record<string, { readonly value: unknown }>>> =
  OPENAPI_EXAMPLES;

const BINARY = {};
const ref = (name: OpenApiSchema) => ({ $ref: `#/components/schemas/${name}` });
const text = (schema: z.ZodType) => jsonSchema(schema, 'input');

/** Attributes of CloudEvents that follow from the route, or are drawn, where they are left out. */
const ATTRIBUTES = [
  header('ce-id', text(idSchema), 'Id of the message, unique for ever. Drawn where it is left out.'),
  header('ce-time', { type: 'string', format: 'date-time' }, 'When it was made (RFC 3339).'),
];
const WAIT = [
  {
    ...{ name: 'wait', in: 'query' },
    description: 'How long to wait for what comes of the message: 5s, 500ms. At most `http.waitSeconds`.',
    schema: { type: 'string', pattern: '^(\\d{1,9}(\\.\\d{1,3})?(ms|s)?)?$' },
    example: '5s',
  },
  header('prefer', { type: 'string', example: 'wait=5' }, 'The same in seconds (RFC 7240).'),
];
const FROM = {
  ...{ name: 'from', in: 'query' },
  description: '`latest`, `earliest`, or an offset of each partition to go on from.',
  schema: { type: 'string', pattern: '^(latest|earliest|\\d{1,5}/\\d{1,18}(,\\d{1,5}/\\d{1,18})*)$' },
};
const UNTIL = {
  ...{ name: 'until', in: 'query' },
  description: 'With `from=earliest`: ends with the records that are kept now.',
  schema: { type: 'string', enum: ['end'] },
};
const BODIES = {
  ...{ name: 'bodies', in: 'query' },
  description: 'Whether JSON values only are sent, or all values, in base64.',
  schema: { type: 'string', enum: ['json', 'whole'] },
};

/** The OpenAPI 3.1 document of the gateway, made of the schemas by which it reads and answers. */
export function openApiDocument(version: string): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Lethe',
      version,
      description:
        'The HTTP gateway of a worker. Messages are CloudEvents 1.0 in binary content mode: attributes are headers `ce-…`, ' +
        'percent-encoded; queries may also come in batches. Written by `npm run docs:contracts`.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: 'http://127.0.0.1:7070' }],
    security: [{}, { token: [] }],
    paths: {
      '/v1/queries': { post: queries() },
      '/v1/commands': { post: commands() },
      '/v1/samples': { post: samples() },
      '/v1/predictions': { get: stream('predictions', 'One answer to each query.') },
      '/v1/events': { get: stream('events', 'What became of commands and tasks.') },
      '/v1/dead-letters': { get: stream('dead-letters', 'What was refused, and why.') },
      '/v1/audit': { get: stream('audit', 'The hash-chained record of commands and events.') },
      '/v1/status': { get: read('status', 'The model, the classes and the lag.', []) },
      '/v1/evidence': { get: read('evidence', 'What is there of a class.', evidenceParameters()) },
    },
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'Asked for where `http.token` is set.' },
      },
      schemas: Object.fromEntries(
        Object.entries(SCHEMAS).map(([name, [schema, io]]) => [name, jsonSchema(schema, io)]),
      ),
    },
  };
}

function queries(): object {
  const truth = header(
    'ce-truth',
    text(classNameSchema),
    'The right label, where it is known: for metrics only.',
  );
  return {
    operationId: 'ask',
    summary: 'Sends a query, or up to 256, and waits for the answers where it is asked to.',
    parameters: [...WAIT, ...ATTRIBUTES, truth],
    requestBody: {
      required: true,
      content: {
        ...payloads(),
        [BATCH_TYPE]: { schema: ref('batch'), examples: EXAMPLES.batch },
      },
    },
    responses: {
      200: json('What came of it.', ['prediction', 'batch-result'], true),
      202: json('It is in the log; what comes of it is not known yet.', ['accepted', 'batch-result'], true),
      ...REFUSALS,
    },
  };
}

function commands(): object {
  const actor = header('ce-actor', { type: 'string' }, 'Who asks for it, as the audit chain tells.');
  return {
    operationId: 'command',
    summary: 'Sends a command, and waits for the event that says what it did where it is asked to.',
    parameters: [...WAIT, ...ATTRIBUTES, actor],
    requestBody: {
      required: true,
      content: { 'application/json': { schema: ref('command'), examples: EXAMPLES.command } },
    },
    responses: {
      200: json('What it did. A learn command waits for its model.', ['command-result'], true),
      202: json('It is in the log; what comes of it is not known yet.', ['accepted'], true),
      ...REFUSALS,
    },
  };
}

function samples(): object {
  const parameters = [
    ...ATTRIBUTES,
    { ...header('ce-label', text(classNameSchema), 'The class.'), required: true },
    { ...header('ce-task', text(taskNameSchema), 'The task.'), required: true },
    header('ce-subject', text(subjectSchema), 'Whom it is of or about.'),
  ];
  return {
    operationId: 'teach',
    summary: 'Sends a sample of a task.',
    parameters,
    requestBody: { required: true, content: payloads() },
    responses: { 202: json('It is in the log.', ['accepted']), ...REFUSALS },
  };
}

function stream(role: string, summary: string): object {
  return {
    operationId: `follow-${role}`,
    summary,
    description:
      'Server-sent events, each with a record in its data. The event `error` says why a stream ends, and from where to go on; `end`, ' +
      'with `until=end`, that it was whole.',
    parameters: [FROM, UNTIL, BODIES],
    responses: {
      200: { description: 'The stream.', content: { 'text/event-stream': { schema: { type: 'string' } } } },
      ...REFUSALS,
    },
  };
}

function read(name: 'status' | 'evidence', summary: string, parameters: readonly object[]): object {
  return { operationId: name, summary, parameters, responses: { 200: json(summary, [name]), ...REFUSALS } };
}

function evidenceParameters(): object[] {
  return [
    { name: 'class', in: 'query', required: true, schema: { type: 'string', minLength: 1 } },
    { name: 'records', in: 'query', schema: { type: 'string', enum: ['count'] } },
  ];
}

/** Images and vectors. */
function payloads(): object {
  const binary = [...IMAGE_TYPES, 'application/x-float32'].map((type) => [type, { schema: BINARY }]);
  return {
    'application/json': { schema: ref('vector'), examples: EXAMPLES.vector },
    ...Object.fromEntries(binary),
  };
}

const REFUSALS = {
  '4XX': json('Refused: the body says why. Nothing is in the log, unless the request waited.', ['refusal']),
  503: {
    ...json('Nothing was written. Send it again later.', ['refusal']),
    headers: { 'retry-after': { schema: { type: 'integer' } } },
  },
};

function json(description: string, names: readonly OpenApiSchema[], waits = false): object {
  const [name] = names as [OpenApiSchema];
  const schema = names.length === 1 ? ref(name) : { anyOf: names.map(ref) };
  const examples = Object.assign({}, ...names.map((each) => EXAMPLES[each] ?? {}));
  const applied = {
    description: 'For how long it was ready to wait, in seconds (RFC 7240).',
    schema: { type: 'string', pattern: '^wait=\\d+$' },
  };
  return {
    description,
    content: { 'application/json': { schema, ...(Object.keys(examples).length > 0 && { examples }) } },
    ...(waits && { headers: { 'preference-applied': applied } }),
  };
}

function header(name: string, schema: object, description: string) {
  return { name, in: 'header', description, schema };
}

function jsonSchema(schema: z.ZodType, io: Io): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}
