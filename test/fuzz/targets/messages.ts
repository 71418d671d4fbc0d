import fc from 'fast-check';
import type { IHeaders } from 'kafkajs';
import { tailed, untailed } from '../../../src/adapters/http/tailedRecord.js';
import { toRecord } from '../../../src/adapters/kafka/record.js';
import { schemaFraming } from '../../../src/adapters/kafka/schemaRegistry/framing.js';
import { ChainReader } from '../../../src/auditing/auditChainReader.js';
import { storyOf } from '../../../src/auditing/auditStory.js';
import { chained, EMPTY_CHAIN } from '../../../src/domain/auditChain.js';
import {
  decodeCommand,
  decodeEvent,
  decodeModelVersion,
  decodePrediction,
  decodeQuery,
  decodeSample,
} from '../../../src/domain/cloudEvents.js';
import { TYPES } from '../../../src/domain/cloudevents/types.js';
import { deadLetterHeadersSchema } from '../../../src/domain/messages/deadLetter.js';
import type { LogRecord } from '../../../src/domain/record.js';
import { openInput } from '../../../src/inputs/openInput.js';
import { type FuzzTarget, fuzzTarget } from '../fuzzTarget.js';
import { bytes } from '../mutations.js';
import { nearlyJson } from '../nearlyJson.js';

const MODEL = {
  version: 'v0001-1f0c93ab',
  task: 'pets',
  classes: ['cat', 'dog'],
  checkpoint: 'redis:v0001-1f0c93ab',
  sha256: 'a'.repeat(64),
  dimension: 12,
  backend: 'wasm',
};
const COMMANDS = [
  { kind: 'learn', task: 'pets', classes: ['cat', 'dog'], samples: 40 },
  { kind: 'unlearn', classes: ['cat'] },
  { kind: 'unlearn', examples: [{ vector: [0.5, 1] }, { contentType: 'image/png', base64: 'AAAA' }] },
  { kind: 'unlearn', subject: 'patient 7' },
  { kind: 'erase', classes: ['cat'], now: true },
];
const ERROR = { code: 'internal', message: 'why', remedy: 'what to do', evidence: { votes: 3 } };
export const EVENTS = [
  { kind: 'task-announced', task: 'pets', classes: ['cat'], samples: 40 },
  { kind: 'task-failed', task: 'pets', error: ERROR },
  { kind: 'model-published', model: MODEL },
  {
    kind: 'unlearned',
    commandId: 'c1',
    by: 'name',
    classes: [{ name: 'cat', moved: 20 }],
    registryVersion: 3,
    ms: 1.5,
  },
  {
    kind: 'erased',
    commandId: 'c2',
    classes: [{ name: 'cat', vectors: 20 }],
    modelVersion: 'v0002-1f0c93ab',
    databaseFiles: 'begun',
    checkpoints: 1,
    deadLetters: 0,
    topics: [{ topic: 'lethe.samples', records: 'kept', retentionMs: null }],
    places: [{ kind: 'database', place: 'DB-MU', state: 'done', detail: 'no vector of it' }],
    registryVersion: 5,
    ms: 3,
  },
];
const PREDICTION = {
  queryId: 'q1',
  label: 'dog',
  probabilities: [{ label: 'dog', probability: 1 }],
  route: 'model',
  evidence: { filtered: false, guarded: false, unlearnedSimilarity: null, remainingSimilarity: 0.5 },
  modelVersion: 'v0001-1f0c93ab',
  registryVersion: 3,
  latencyMs: 4,
};

/** Names that headers of Lethe's records have, and names at which objects go wrong. */
const NAMES = [
  ...['ce_id', 'ce_type', 'ce_source', 'ce_specversion', 'ce_time', 'ce_subject', 'ce_label', 'ce_task'],
  ...['ce_truth', 'ce_actor', 'ce_datacontenttype', 'ce_dataschema', 'ce_partitionkey', 'ce_data'],
  ...['ce_data_base64', 'ce_sha256', 'ce___proto__', '__proto__', 'constructor', 'ce_', 'ce_UPPER'],
  ...['content-type', 'traceparent', 'lethe-reason', 'lethe-partition', 'lethe-offset', 'lethe-time'],
];
const VALUES = fc.oneof(
  fc.constantFrom(
    ...[
      '',
      ' ',
      '1.0',
      '0.3',
      '2026-01-31T12:00:00Z',
      'not a time',
      '+275760-09-13T00:00:00.001Z',
      '-1',
      'NaN',
    ],
    ...['application/json', 'application/json; charset=latin1', 'application/cloudevents+json', 'text/json'],
    ...['image/png', 'IMAGE/JPEG; q=1', 'application/x-float32', 'application/x-cifar', 'a/b+json', ';'],
    ...[...Object.values(TYPES), 'lethe.event.unlearned', 'x'.repeat(201), '\u0000', '\ud800', '%E0%A4%A'],
  ),
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
);
const CONTENT_TYPES = fc.constantFrom(
  ...['application/json', 'application/x-float32', 'image/png', 'image/webp', 'application/x-cifar', ''],
);

function headersOf(type: string): fc.Arbitrary<Record<string, string>> {
  const whole = {
    ce_id: 'id',
    ce_type: type,
    ce_source: '/lethe/fuzz',
    ce_specversion: '1.0',
    ce_label: 'cat',
    ce_task: 'pets',
  };
  const odd = fc.array(fc.tuple(fc.constantFrom(...NAMES), VALUES), { maxLength: 3 });
  return fc.tuple(CONTENT_TYPES, odd).map(([contentType, changes]) => {
    const headers: Record<string, string> = { ...whole, 'content-type': contentType };
    for (const [name, value] of changes) headers[name] = value;
    return headers;
  });
}

/** Records as Kafka gives them: headers may be bytes, lists or missing; the value may be null. */
function records(type: string, values: fc.Arbitrary<Buffer>): fc.Arbitrary<LogRecord> {
  const shapes = fc.constantFrom<Shape>('text', 'text', 'bytes', 'list', 'empty list');
  return fc
    .tuple(headersOf(type), values, shapes, fc.option(fc.string({ maxLength: 5 })), fc.nat(20))
    .map(([headers, value, shape, key, none]) => {
      const message = {
        offset: '12',
        key: key === null ? null : Buffer.from(key),
        value: none === 0 ? null : value,
        headers: shape === 'empty list' && none > 1 ? headers : shapedHeaders(headers, shape),
        timestamp: '1769860800000',
        attributes: 0,
        size: value.length,
      };
      return framing.read(toRecord(message as Parameters<typeof toRecord>[0], 'lethe.topic', 0));
    });
}

type Shape = 'text' | 'bytes' | 'list' | 'empty list';

function shapedHeaders(headers: Readonly<Record<string, string>>, shape: Shape): IHeaders {
  const shaped = (text: string): IHeaders[string] =>
    ({ text, bytes: Buffer.from(text), list: [text, 'b'], 'empty list': [] })[shape];
  return Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, shaped(text)]));
}

const framing = schemaFraming(new Map());

/** Everything that is read from topics: the envelope, then each schema. */
export function messageTargets(): FuzzTarget[] {
  const payloads = fc.oneof(
    nearlyJson([[0.5, 1, -2], PREDICTION]),
    bytes(64),
    bytes().map((rest) => Buffer.concat([Buffer.from([0, 0, 0, 0, 7]), rest])),
  );
  const openings = { embedder: { dimension: 3, inputSize: { width: 8, height: 8 } }, limits: LIMITS };
  const audit = chainOf();
  return [
    fuzzTarget('message: sample', 10, records(TYPES.sample, payloads), decodeSample),
    fuzzTarget('message: query, opened', 10, records(TYPES.query, payloads), async (record) => {
      const { payload } = decodeQuery(record);
      // Images have targets of their own.
      if (payload.kind === 'vector') await openInput(payload, openings);
    }),
    fuzzTarget('message: command', 12, records(TYPES.command, nearlyJson(COMMANDS)), decodeCommand),
    fuzzTarget(
      'message: prediction',
      6,
      records(TYPES.prediction, nearlyJson([PREDICTION])),
      decodePrediction,
    ),
    fuzzTarget('message: event', 8, records(TYPES.event, nearlyJson(EVENTS)), decodeEvent),
    fuzzTarget('message: model version', 6, records(TYPES.model, nearlyJson([MODEL])), decodeModelVersion),
    fuzzTarget('message: dead letter', 4, records(TYPES.sample, payloads), (record) => {
      deadLetterHeadersSchema.safeParse(record.headers);
      untailed(JSON.stringify(tailed(record, true)));
    }),
    fuzzTarget('audit chain', 6, nearlyJson(audit), (value) => {
      const chain = new ChainReader((record) => record);
      chain.next({ value });
      storyOf('cat', chain.records);
    }),
  ];
}

const LIMITS = { maxBytes: 1_000_000, maxPixels: 1_000_000, maxTextBytes: 1_000_000 };

/** Records of a real chain, parsed. */
function chainOf(): unknown[] {
  let head = EMPTY_CHAIN;
  const entries = [
    ...COMMANDS.map((body, index) => ({ of: 'command' as const, id: `c${index}`, actor: null, body })),
    ...EVENTS.map((body) => ({ of: 'event' as const, body })),
    { of: 'unreadable' as const, sha256: 'b'.repeat(64), reason: 'invalid-message' },
  ];
  return entries.map((told, index) => {
    const next = chained(
      { time: '2026-01-31T12:00:00.000Z', model: 'main', position: `t/0/${index}`, told },
      head,
    );
    head = next.head;
    return JSON.parse(next.value.toString());
  });
}
