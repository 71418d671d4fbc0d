import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeCommand,
  decodeEvent,
  decodeModelVersion,
  decodePrediction,
  decodeQuery,
  decodeSample,
  encodeCommand,
  encodeEvent,
  encodeModelVersion,
  encodePrediction,
  encodeQuery,
  encodeSample,
  idOf,
  labelOf,
  taskOf,
} from '../../../src/domain/cloudEvents.js';
import { LetheError } from '../../../src/domain/errors.js';
import type { Command } from '../../../src/domain/messages/command.js';
import type { Prediction } from '../../../src/domain/messages/prediction.js';
import type { LogRecord, OutgoingRecord } from '../../../src/domain/record.js';
import { topicsUnder } from '../../../src/domain/topics.js';

const topics = topicsUnder('lethe.');

function written(record: OutgoingRecord, changes: Partial<LogRecord> = {}): LogRecord {
  return { ...record, partition: 0, offset: 7n, timestamp: 1, ...changes };
}

function refusal(work: () => unknown): LetheError {
  try {
    work();
  } catch (error) {
    if (error instanceof LetheError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const image = { kind: 'image', contentType: 'image/png', bytes: Buffer.from([1, 2, 3]) } as const;
const sample = encodeSample({ id: 's1', label: 'Katze 猫', task: 't1', payload: image }, topics);

function sampleWith(contentType: string | undefined, value: Buffer): LogRecord {
  const { 'content-type': _, ...headers } = sample.headers;
  return written(
    { ...sample, value },
    { headers: contentType ? { ...headers, 'content-type': contentType } : headers },
  );
}

function commandWith(body: unknown): LogRecord {
  const learn: Command = { id: 'c', kind: 'relearn', classes: ['a'] };
  return written(encodeCommand(learn, 'm', topics), { value: Buffer.from(JSON.stringify(body)) });
}

describe('messages as CloudEvents in binary mode', () => {
  it('puts the attributes into headers, the payload into the value and the label into the key', () => {
    expect(sample).toMatchObject({ topic: 'lethe.samples', key: 'Katze 猫', value: Buffer.from([1, 2, 3]) });
    expect(sample.headers).toMatchObject({
      'content-type': 'image/png',
      ce_id: 's1',
      ce_type: 'lethe.sample',
      ce_specversion: '1.0',
      ce_label: 'Katze 猫',
      ce_task: 't1',
    });
    expect(Object.values(sample.headers).every((value) => typeof value === 'string')).toBe(true);
  });

  it('reads back every kind of message', () => {
    expect(decodeSample(written(sample))).toEqual({
      id: 's1',
      label: 'Katze 猫',
      task: 't1',
      payload: image,
    });
    const query = { id: 'q', truth: 'cat', payload: image };
    expect(decodeQuery(written(encodeQuery(query, topics)))).toEqual(query);
    const bare = { id: 'q', payload: image };
    expect(decodeQuery(written(encodeQuery(bare, topics)))).toEqual(bare);
    for (const command of [
      { id: 'c', kind: 'learn', task: 't', classes: ['a', 'b'], samples: 3 },
      { id: 'c', kind: 'unlearn', classes: ['a'] },
      { id: 'c', kind: 'unlearn', examples: [{ vector: [1, 2] }] },
      { id: 'c', kind: 'relearn', classes: ['a'] },
    ] satisfies Command[]) {
      const record = encodeCommand(command, 'main', topics);
      expect(record.key).toBe('main');
      expect(decodeCommand(written(record))).toEqual(command);
    }
    const prediction: Prediction = {
      queryId: 'q',
      label: 'a',
      probabilities: [{ label: 'a', probability: 1 }],
      route: 'model',
      evidence: { filtered: false, guarded: false, unlearnedSimilarity: null, remainingSimilarity: 0.5 },
      modelVersion: 'v1',
      registryVersion: 2,
      latencyMs: 3,
    };
    expect(decodePrediction(written(encodePrediction(prediction, topics)))).toEqual(prediction);
    const event = { kind: 'command-ignored', commandId: 'c', command: 'learn' } as const;
    const encoded = encodeEvent(event, 'main', topics);
    expect(encoded.headers.ce_type).toBe('lethe.event.command-ignored');
    expect(decodeEvent(written(encoded))).toEqual(event);
    const model = {
      version: 'v1',
      task: 't',
      classes: ['a'],
      checkpoint: 'file:///x',
      sha256: 'a'.repeat(64),
      dimension: 4,
      backend: 'wasm',
    };
    expect(decodeModelVersion(written(encodeModelVersion(model, 'main', topics)))).toEqual(model);
  });

  it('carries vectors bit by bit, and reads them from JSON too', () => {
    const finite = fc.float({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(fc.float32Array({ minLength: 1, noNaN: true, noDefaultInfinity: true }), (vector) => {
        const query = { id: 'q', payload: { kind: 'vector' as const, vector } };
        expect(decodeQuery(written(encodeQuery(query, topics))).payload).toEqual(query.payload);
      }),
    );
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1 }), (numbers) => {
        const record = sampleWith('application/json', Buffer.from(JSON.stringify(numbers)));
        const { payload } = decodeSample(record);
        expect(payload.kind === 'vector' && [...payload.vector]).toEqual(numbers.map((n) => n + 0));
      }),
    );
  });

  it('reads a vector at any alignment of the value', () => {
    const bytes = Buffer.alloc(9);
    bytes.writeFloatLE(1.5, 1);
    bytes.writeFloatLE(-2, 5);
    const { payload } = decodeSample(sampleWith('application/x-float32', bytes.subarray(1)));
    expect(payload).toEqual({ kind: 'vector', vector: Float32Array.of(1.5, -2) });
  });

  it.each(['Application/JSON', 'application/json; charset=utf-8', ' APPLICATION/json ;x=y'])(
    'reads JSON of the content type %j, a byte order mark before it or not',
    (contentType) => {
      for (const bom of ['', '\ufeff']) {
        const { payload } = decodeSample(sampleWith(contentType, Buffer.from(`${bom}[1, 2]`)));
        expect(payload).toEqual({ kind: 'vector', vector: Float32Array.of(1, 2) });
      }
    },
  );

  it('reads a content type that is said twice, as some SDKs do', () => {
    const record = written(sample, { headers: { ...sample.headers, ce_datacontenttype: 'Image/PNG' } });
    expect(decodeSample(record).payload).toEqual(image);
  });

  it.each(['2026-02-28T23:59:60.123456789Z', '2024-02-29t00:00:00+05:30', '0001-01-01T00:00:00-00:00'])(
    'takes the time %s',
    (ce_time) => {
      expect(decodeSample(written(sample, { headers: { ...sample.headers, ce_time } })).id).toBe('s1');
    },
  );

  it('brings names to their normal form, where they are written and where they are read', () => {
    const names = { id: 'ide\u0301', label: 'ole\u0301', task: 'te\u0301', subject: 'me\u0301' };
    const normal = { id: 'id\u00e9', label: 'ol\u00e9', task: 't\u00e9', subject: 'm\u00e9' };
    const record = encodeSample({ ...names, payload: image }, topics);
    expect(record).toMatchObject({ key: normal.label, headers: { ce_label: normal.label } });
    const raw = { ce_id: names.id, ce_label: names.label, ce_task: names.task, ce_subject: names.subject };
    const read = written(sample, { headers: { ...sample.headers, ...raw } });
    expect(decodeSample(read)).toEqual({ ...normal, payload: image });
    expect([taskOf(read), labelOf(read), idOf(read)]).toEqual([normal.task, normal.label, normal.id]);
    expect(decodeCommand(commandWith({ kind: 'erase', classes: [names.label] }))).toMatchObject({
      classes: [normal.label],
    });
  });

  it('tells an input that is like nothing known from a class called unknown', () => {
    const evidence = { filtered: false, guarded: false, unlearnedSimilarity: null, remainingSimilarity: 0 };
    const rest = { probabilities: [], evidence, modelVersion: 'v1', registryVersion: 1, latencyMs: 1 };
    const called: Prediction = { queryId: 'q', label: 'unknown', route: 'model', ...rest };
    const nothing: Prediction = { queryId: 'q', label: null, route: 'unknown', ...rest };
    expect(decodePrediction(written(encodePrediction(called, topics)))).toEqual(called);
    expect(decodePrediction(written(encodePrediction(nothing, topics)))).toEqual(nothing);
    // As earlier versions wrote it.
    const before = encodePrediction({ ...nothing, label: 'unknown' }, topics);
    expect(decodePrediction(written(before))).toEqual(nothing);
  });

  it('names the task of a sample that is otherwise broken', () => {
    expect(taskOf(sampleWith('text/plain', Buffer.alloc(0)))).toBe('t1');
    expect(taskOf(written(sample, { headers: {} }))).toBeUndefined();
  });
});

describe('what is refused, with which reason', () => {
  const infinite = Buffer.alloc(8);
  infinite.writeFloatLE(Number.NaN, 4);
  const without = (name: string): LogRecord => {
    const headers = { ...sample.headers };
    delete headers[name];
    return written(sample, { headers });
  };

  it.each([
    ['no id', () => decodeSample(without('ce_id')), 'invalid-message', 'id'],
    ['no type', () => decodeSample(without('ce_type')), 'invalid-message', 'type'],
    ['no source', () => decodeSample(without('ce_source')), 'invalid-message', 'source'],
    ['no version', () => decodeSample(without('ce_specversion')), 'invalid-message', 'specversion'],
    ['no label', () => decodeSample(without('ce_label')), 'invalid-message', 'label'],
    ['no task', () => decodeSample(without('ce_task')), 'invalid-message', 'task'],
    ['another type', () => decodeQuery(written(sample)), 'invalid-message', 'type'],
    [
      'a time that is none',
      () => decodeSample(written(sample, { headers: { ...sample.headers, ce_time: 'noon' } })),
      'invalid-message',
      'time',
    ],
    ...[
      'yesterday',
      '2026-01-31',
      '2026-02-30T00:00:00Z',
      '2026-01-31T12:00:00',
      '2026-01-31T24:00:00Z',
      '',
    ].map(
      (ce_time) =>
        [
          `the time "${ce_time}"`,
          () => decodeSample(written(sample, { headers: { ...sample.headers, ce_time } })),
          'invalid-message',
          'time',
        ] as const,
    ),
    ...['2.0', '0.3', '1', '1.0.2', ' 1.0'].map(
      (ce_specversion) =>
        [
          `the version "${ce_specversion}"`,
          () => decodeSample(written(sample, { headers: { ...sample.headers, ce_specversion } })),
          'invalid-message',
          'specversion',
        ] as const,
    ),
    ...(['id', 'type', 'source'] as const).map(
      (name) =>
        [
          `an empty ${name}`,
          () => decodeSample(written(sample, { headers: { ...sample.headers, [`ce_${name}`]: '' } })),
          'invalid-message',
          name,
        ] as const,
    ),
    [
      'a control character in an attribute',
      () => decodeSample(written(sample, { headers: { ...sample.headers, ce_source: '/a\nb' } })),
      'invalid-message',
      'source',
    ],
    [
      'another content type beside the content type',
      () =>
        decodeSample(written(sample, { headers: { ...sample.headers, ce_datacontenttype: 'image/gif' } })),
      'invalid-message',
      'datacontenttype',
    ],
    [
      'a structured CloudEvent in capitals',
      () => decodeSample(sampleWith('Application/CloudEvents+JSON', image.bytes)),
      'unsupported-format',
      'content-type',
    ],
    [
      'JSON that is no UTF-8',
      () =>
        decodeCommand(
          written(encodeCommand({ id: 'c', kind: 'relearn', classes: ['a'] }, 'm', topics), {
            value: Buffer.from('{"kind":"relearn","classes":["caf\u00e9"]}', 'latin1'),
          }),
        ),
      'invalid-message',
      'data',
    ],
    [
      'an invisible character in a label',
      () => decodeSample(written(sample, { headers: { ...sample.headers, ce_label: 'ca\u200bt' } })),
      'invalid-message',
      'label',
    ],
    [
      'an invisible character in a command',
      () => decodeCommand(commandWith({ kind: 'unlearn', classes: ['ca\u200bt'] })),
      'invalid-message',
      'data.classes.0',
    ],
    [
      'one class in two forms',
      () => decodeCommand(commandWith({ kind: 'unlearn', classes: ['ol\u00e9', 'ole\u0301'] })),
      'invalid-message',
      'data.classes',
    ],
    ['no value', () => decodeSample(sampleWith('image/png', Buffer.alloc(0))), 'empty-payload', 'data'],
    [
      'no content type',
      () => decodeSample(sampleWith(undefined, image.bytes)),
      'unsupported-format',
      'datacontenttype',
    ],
    [
      'a GIF',
      () => decodeSample(sampleWith('image/gif', image.bytes)),
      'unsupported-format',
      'datacontenttype',
    ],
    [
      'a structured CloudEvent',
      () => decodeSample(sampleWith('application/cloudevents+json', image.bytes)),
      'unsupported-format',
      'content-type',
    ],
    [
      'broken JSON',
      () => decodeSample(sampleWith('application/json', Buffer.from('[1,'))),
      'invalid-message',
      'data',
    ],
    [
      'JSON that is no array',
      () => decodeSample(sampleWith('application/json', Buffer.from('{}'))),
      'invalid-vector',
      'data',
    ],
    [
      'an empty vector',
      () => decodeSample(sampleWith('application/json', Buffer.from('[]'))),
      'invalid-vector',
      'data',
    ],
    [
      'a null component',
      () => decodeSample(sampleWith('application/json', Buffer.from('[1,null]'))),
      'invalid-vector',
      'data.1',
    ],
    [
      'an overflow',
      () => decodeSample(sampleWith('application/json', Buffer.from('[1e300]'))),
      'invalid-vector',
      'data.0',
    ],
    [
      '7 bytes of float32',
      () => decodeSample(sampleWith('application/x-float32', Buffer.alloc(7))),
      'invalid-vector',
      'data',
    ],
    ['a NaN', () => decodeSample(sampleWith('application/x-float32', infinite)), 'invalid-vector', 'data.1'],
    [
      'an unknown command',
      () => decodeCommand(commandWith({ kind: 'forget' })),
      'unknown-command',
      'data.kind',
    ],
    ['a command without a kind', () => decodeCommand(commandWith({})), 'unknown-command', 'data.kind'],
    ['a command that is no object', () => decodeCommand(commandWith(3)), 'invalid-message', 'data'],
    [
      'no classes',
      () => decodeCommand(commandWith({ kind: 'relearn', classes: [] })),
      'invalid-message',
      'data.classes',
    ],
    [
      'a count of zero',
      () => decodeCommand(commandWith({ kind: 'learn', task: 't', classes: ['a'], samples: 0 })),
      'invalid-message',
      'data.samples',
    ],
    [
      'classes and examples',
      () => decodeCommand(commandWith({ kind: 'unlearn', classes: ['a'], examples: [{ vector: [1] }] })),
      'invalid-message',
      'data.classes',
    ],
  ] as const)('%s', (_, work, code, field) => {
    const error = refusal(work);
    expect(error).toMatchObject({ code, field });
    expect(error.remedy).not.toBe('');
  });

  it('shows the value that was wrong, never a payload', () => {
    expect(refusal(() => decodeCommand(commandWith({ kind: 'forget' }))).value).toBe('forget');
    expect(refusal(() => decodeSample(sampleWith('image/gif', image.bytes))).value).toBe('image/gif');
    expect(refusal(() => decodeSample(sampleWith('application/x-float32', infinite))).value).toBe('NaN');
  });
});
