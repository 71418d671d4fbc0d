import { readdir, readFile } from 'node:fs/promises';
import { Parser } from '@asyncapi/parser';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contractFiles } from '../../../scripts/contracts/files.js';
import type { EventLog } from '../../../src/adapters/eventLog.js';
import { encodeAuditRecord } from '../../../src/auditing/auditRecords.js';
import {
  encodeCommand,
  encodeModelVersion,
  encodeQuery,
  encodeSample,
} from '../../../src/domain/cloudEvents.js';
import type { MessageName } from '../../../src/domain/contracts/headers.js';
import {
  headersJsonSchema,
  PAYLOAD_NAMES,
  type PayloadName,
  payloadJsonSchema,
} from '../../../src/domain/contracts/jsonSchemas.js';
import { NOTHING_BEFORE } from '../../../src/domain/messages/audit.js';
import { type Command, commandBodySchema } from '../../../src/domain/messages/command.js';
import type { EventKind } from '../../../src/domain/messages/event.js';
import type { OutgoingRecord } from '../../../src/domain/record.js';
import { type TopicRole, topicsUnder } from '../../../src/domain/topics.js';
import { around, learn, memoryLog, type Processing, startProcessing } from '../../support/processing.js';

const FOLDER = new URL('../../../docs/asyncapi/', import.meta.url);
const topics = topicsUnder('lethe.');
const ajv = addFormats.default(
  new Ajv({ strict: true, strictTypes: false, strictRequired: false, allErrors: true }),
);
ajv.addFormat('base64', true);

const ROLES: Readonly<Record<MessageName, TopicRole>> = {
  sample: 'samples',
  command: 'commands',
  query: 'queries',
  prediction: 'predictions',
  event: 'events',
  model: 'models',
  'dead-letter': 'dead-letters',
  audit: 'audit',
};
const payloadOf = Object.fromEntries(
  PAYLOAD_NAMES.map((name) => [name, ajv.compile(payloadJsonSchema(name))]),
) as Record<PayloadName, ReturnType<typeof ajv.compile>>;

function expectToFit(schema: object, value: unknown): void {
  const validate = ajv.compile(schema);
  validate(value);
  expect(validate.errors, JSON.stringify(value)).toBeNull();
}

/** Headers, and the payload where it is JSON, fit their schemas. */
function expectRecordToFit(
  name: MessageName,
  { headers, value }: Pick<OutgoingRecord, 'headers' | 'value'>,
): void {
  expectToFit(headersJsonSchema(name), headers);
  if (name === 'dead-letter' || headers['content-type'] !== 'application/json') return;
  expectToFit(payloadJsonSchema(name), JSON.parse(value.toString()));
}

describe('docs/asyncapi', () => {
  it('is what `npm run docs:contracts` writes', async () => {
    const files = contractFiles();
    for (const [name, text] of files) expect(await readFile(new URL(name, FOLDER), 'utf8'), name).toBe(text);
    const schemas = [...files.keys()].filter((name) => name.startsWith('schemas/'));
    expect((await readdir(new URL('schemas/', FOLDER))).map((name) => `schemas/${name}`).sort()).toEqual(
      schemas.sort(),
    );
  });

  it('is a valid document for the AsyncAPI parser, without a warning', async () => {
    const { document, diagnostics } = await new Parser().parse(
      await readFile(new URL('asyncapi.yaml', FOLDER), 'utf8'),
    );
    expect(diagnostics.map(({ message, path }) => `${path.join('.')}: ${message}`)).toEqual([]);
    expect(
      document
        ?.channels()
        .all()
        .map((channel) => channel.address()),
    ).toEqual(expect.arrayContaining([...Object.values(topics), '/v1/samples', '/v1/predictions']));
  });
});

describe('what is written fits the schemas', () => {
  let processing: Processing;
  const written: OutgoingRecord[] = [];
  beforeAll(() => {
    const log = memoryLog();
    const { publish, settle } = log;
    const noting: Pick<EventLog, 'publish' | 'settle'> = {
      publish: (outputs) => {
        written.push(...outputs);
        return publish.call(log, outputs);
      },
      settle: (group, settled) => {
        written.push(...settled.flatMap(({ outputs }) => outputs));
        return settle.call(log, group, settled);
      },
    };
    processing = startProcessing({ log: Object.assign(log, noting) });
  });
  afterAll(() => processing.stop());

  it('in a life with every kind of command, a dead letter and a refusal', async () => {
    await learn(processing, 'pets', { cat: 0, dog: 3, 'Katze 猫': 6 });
    await processing.query('q1', around(0, 1), 'cat');
    const done = async (kind: EventKind, command: Command) => {
      await processing.command(command);
      await processing.event(kind);
    };
    await done('unlearned', { id: 'u1', kind: 'unlearn', classes: ['dog'] });
    await done('filter-calibrated', { id: 'u2', kind: 'unlearn', examples: [{ vector: [...around(6, 1)] }] });
    await done('relearned', { id: 'r1', kind: 'relearn', classes: ['dog'] });
    await done('command-rejected', { id: 'r2', kind: 'relearn', classes: ['horse'] });
    await done('samples-unlearned', { id: 's1', kind: 'unlearn', samples: ['cat-1'] });
    await done('erased', { id: 'e1', kind: 'erase', classes: ['dog'], now: true });
    await done('command-ignored', { id: 'e1', kind: 'erase', classes: ['dog'], now: true });
    await processing.query('q2', around(3, 1));
    await processing.log.publish([
      encodeQuery({ id: 'q3', payload: { kind: 'vector', vector: Float32Array.of(1) } }, processing.topics),
    ]);
    await processing.deadLetter(() => true);

    const { topics } = processing;
    await expect.poll(() => written.filter(({ topic }) => topic === topics.audit).length).toBeGreaterThan(20);
    const counts = {
      sample: 0,
      query: 0,
      command: 0,
      prediction: 0,
      event: 0,
      model: 0,
      audit: 0,
      'dead-letter': 0,
    };
    for (const record of written) {
      const [name] = Object.entries(ROLES).find(([, role]) => topics[role] === record.topic) ?? [];
      counts[name as MessageName]++;
      expectRecordToFit(name as MessageName, record);
    }
    expect(Math.min(...Object.values(counts)), JSON.stringify(counts)).toBeGreaterThan(0);
    expect(new Set(processing.events().map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(12);
  });

  it('for samples, queries, models and audit records of every content type', () => {
    const payloads = [
      { kind: 'image', contentType: 'image/webp', bytes: Buffer.from([1]) },
      { kind: 'vector', vector: Float32Array.of(1, 2) },
    ] as const;
    for (const payload of payloads) {
      expectRecordToFit(
        'sample',
        encodeSample({ id: 's', label: 'a b', task: 't', subject: 'me', payload }, topics),
      );
      expectRecordToFit('query', encodeQuery({ id: 'q', truth: 'a', payload }, topics));
    }
    expectRecordToFit(
      'command',
      encodeCommand({ id: 'c', kind: 'relearn', classes: ['a'] }, 'm', topics, 'me'),
    );
    const model = { version: 'v', task: 't', classes: [], checkpoint: 'file:///x', sha256: NOTHING_BEFORE };
    expectRecordToFit('model', encodeModelVersion({ ...model, dimension: 4, backend: 'wasm' }, 'm', topics));
    const entry = {
      sequence: 0,
      previous: NOTHING_BEFORE,
      time: new Date(0).toISOString(),
      model: 'm',
      position: 't/0/1',
    };
    const told = { of: 'command', id: 'c', actor: null, body: {} };
    const value = Buffer.from(JSON.stringify({ ...entry, told }));
    expectRecordToFit('audit', encodeAuditRecord(value, 0, 'm', topics));
  });
});

describe('what is refused does not fit', () => {
  it.each([
    ['command', { kind: 'forget' }],
    ['command', { kind: 'relearn', classes: [] }],
    ['command', { kind: 'relearn', classes: ['a', 'a'] }],
    ['command', { kind: 'relearn', classes: ['a\u0000'] }],
    ['command', { kind: 'relearn', classes: ['a'], extra: 1 }],
    ['command', { kind: 'learn', task: 't', classes: ['a'], samples: 0 }],
    ['command', { kind: 'learn', task: '', classes: ['a'], samples: 1 }],
    ['command', { kind: 'unlearn' }],
    ['command', { kind: 'unlearn', classes: ['a'], examples: [{ vector: [1] }] }],
    ['command', { kind: 'unlearn', examples: [{ contentType: 'image/gif', base64: 'AAAA' }] }],
    ['command', { kind: 'unlearn', examples: [{ contentType: 'image/png', base64: 'AAA' }] }],
    ['sample', []],
    ['sample', [1, null]],
    ['query', { vector: [1] }],
    ['prediction', { queryId: 'q' }],
    ['event', { kind: 'forgotten' }],
    ['model', { version: 'v' }],
    ['audit', { sequence: -1 }],
  ] as const)('%s %j', (name, value) => {
    expect(payloadOf[name](value)).toBe(false);
  });

  it.each(['ce_id', 'ce_type', 'ce_source', 'ce_specversion', 'ce_label', 'ce_task', 'content-type'])(
    'a sample without %s',
    (name) => {
      const payload = { kind: 'vector', vector: Float32Array.of(1) } as const;
      const { headers } = encodeSample({ id: 's', label: 'a', task: 't', payload }, topics);
      const validate = ajv.compile(headersJsonSchema('sample'));
      expect(validate(headers)).toBe(true);
      expect(validate(Object.fromEntries(Object.entries(headers).filter(([each]) => each !== name)))).toBe(
        false,
      );
    },
  );

  it('and commands fit the JSON Schema exactly where they fit the schema that reads them', () => {
    const word = fc.constantFrom('a', 'b', '', 'c\u0007', '猫', 'x'.repeat(201));
    const anything = fc.oneof(
      word,
      fc.integer({ min: -1, max: 3 }),
      fc.double(),
      fc.constant(null),
      fc.array(word),
    );
    const valid = fc.constantFrom<Record<string, unknown>>(
      { kind: 'learn', task: 't', classes: ['a', '猫'], samples: 3 },
      { kind: 'unlearn', classes: ['a'] },
      { kind: 'unlearn', examples: [{ vector: [1] }, { contentType: 'image/png', base64: 'AAAA' }] },
      { kind: 'unlearn', samples: ['s'] },
      { kind: 'unlearn', subject: 'me' },
      { kind: 'relearn', classes: ['a'] },
      { kind: 'erase', classes: ['a'], now: true },
    );
    const changed = fc.dictionary(
      fc.constantFrom('kind', 'task', 'classes', 'samples', 'examples', 'subject', 'now', 'extra'),
      fc.oneof(
        anything,
        fc.array(anything, { maxLength: 2 }),
        fc.constantFrom(
          [{ vector: [0.5] }],
          [{ vector: [] }],
          [{ contentType: 'image/gif', base64: 'AAAA' }],
          undefined,
        ),
      ),
      { maxKeys: 2 },
    );
    const command = fc.tuple(valid, changed).map(([body, changes]) => ({ ...body, ...changes }));
    const seen = { fits: 0, refused: 0 };
    fc.assert(
      fc.property(command, (value) => {
        const json: unknown = JSON.parse(JSON.stringify(value));
        const fits = commandBodySchema.safeParse(json).success;
        seen[fits ? 'fits' : 'refused']++;
        expect(payloadOf.command(json), JSON.stringify(json)).toBe(fits);
      }),
      { numRuns: 5000 },
    );
    expect(Math.min(seen.fits, seen.refused)).toBeGreaterThan(500);
  });
});
