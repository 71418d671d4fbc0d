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
