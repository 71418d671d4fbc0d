import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeCommand, encodeQuery, encodeSample } from '../../src/domain/cloudEvents.js';
import type { ReasonCode } from '../../src/domain/errors.js';
import { groupsOf } from '../../src/domain/groups.js';
import type { Command } from '../../src/domain/messages/command.js';
import type { ImageType } from '../../src/domain/messages/payload.js';
import type { OutgoingRecord } from '../../src/domain/record.js';
import type { Signal } from '../../src/streams/signal.js';
import { blankPng, jpeg } from '../support/images.js';
import { around, learn, type Processing, startProcessing } from '../support/processing.js';

const TASK_TIMEOUT = 300;

/** What is sent, and the reason that must come back: with the dead letter, or in the event of a command. */
interface Case {
  readonly input: string;
  readonly code: ReasonCode;
  readonly field?: string;
  readonly via: 'dead-letter' | 'command-rejected' | 'task-failed';
  readonly send: (processing: Processing) => Promise<OutgoingRecord> | OutgoingRecord;
}

const query =
  (id: string, payload: Parameters<typeof encodeQuery>[0]['payload']) => (processing: Processing) =>
    encodeQuery({ id, payload }, processing.topics);
const image =
  (id: string, contentType: ImageType, bytes: () => Buffer | Promise<Buffer>) =>
  async (processing: Processing) =>
    query(id, { kind: 'image', contentType, bytes: await bytes() })(processing);
const vector = (id: string, values: Float32Array) => query(id, { kind: 'vector', vector: values });
const command = (message: Command) => (processing: Processing) =>
  encodeCommand(message, 'test', processing.topics);
const sample = (id: string, label: string, task: string, axis: number) => (processing: Processing) =>
  encodeSample({ id, label, task, payload: { kind: 'vector', vector: around(axis, 1) } }, processing.topics);
const raw =
  (topic: 'commands' | 'queries' | 'samples', headers: Record<string, string>, value: string) =>
  (processing: Processing) => ({
    topic: processing.topics[topic],
    key: 'x',
    value: Buffer.from(value),
    headers: { ce_id: 'raw', ce_source: '/test', ce_specversion: '1.0', ...headers },
  });
const json = { 'content-type': 'application/json' };

const cases: Case[] = [
  {
    input: 'an unknown command',
    code: 'unknown-command',
    field: 'data.kind',
    via: 'dead-letter',
    send: raw('commands', { ce_type: 'lethe.command', ...json }, '{"kind":"forget-everything"}'),
  },
  {
    input: 'a command with an unknown field',
    code: 'invalid-message',
    via: 'dead-letter',
    send: raw(
      'commands',
      { ce_type: 'lethe.command', ...json },
      '{"kind":"unlearn","classes":["cat"],"now":true}',
    ),
  },
  {
    input: 'a command that is no JSON',
    code: 'invalid-message',
    via: 'dead-letter',
    send: raw('commands', { ce_type: 'lethe.command', ...json }, '{"kind":'),
  },
  {
    input: 'a record that is no CloudEvent',
    code: 'invalid-message',
    via: 'dead-letter',
    send: (processing) => ({
      topic: processing.topics.queries,
      key: null,
      value: Buffer.from('hello'),
      headers: {},
    }),
  },
  {
    input: 'unlearn of an unknown class',
    code: 'unknown-class',
    field: 'classes.0',
    via: 'command-rejected',
    send: command({ id: 'unknown', kind: 'unlearn', classes: ['unicorn'] }),
  },
  {
    input: 'unlearn of a class that is unlearned already',
    code: 'class-unlearned',
    field: 'classes.0',
    via: 'command-rejected',
    send: command({ id: 'again', kind: 'unlearn', classes: ['old'] }),
  },
  {
    input: 'unlearn by examples that lie between two classes',
    code: 'ambiguous-vote',
    field: 'examples',
    via: 'command-rejected',
    send: command({
      id: 'vague',
      kind: 'unlearn',
      examples: [{ vector: [...around(0, 1)] }, { vector: [...around(4, 1)] }],
    }),
  },
  {
    input: 'unlearn by an example of another dimension',
    code: 'wrong-dimension',
    field: 'examples.0.payload.vector',
    via: 'command-rejected',
    send: command({ id: 'short', kind: 'unlearn', examples: [{ vector: [1, 2, 3] }] }),
  },
  {
    input: 'relearn of a class that is learned',
    code: 'class-not-learned',
    field: 'classes.0',
    via: 'command-rejected',
    send: command({ id: 'relearn', kind: 'relearn', classes: ['cat'] }),
  },
  {
    input: 'learn of a class already known',
    code: 'class-known',
    field: 'classes.1',
    via: 'command-rejected',
    send: command({ id: 'known', kind: 'learn', task: 't9', classes: ['new', 'cat'], samples: 5 }),
  },
  {
    input: 'learn of an unlearned class',
    code: 'class-unlearned',
    field: 'classes.0',
    via: 'command-rejected',
    send: command({ id: 'revive', kind: 'learn', task: 't9', classes: ['old'], samples: 5 }),
  },
  {
    input: 'a second task of the same name',
    code: 'duplicate-id',
    field: 'task',
    via: 'command-rejected',
    send: command({ id: 'same-task', kind: 'learn', task: 't1', classes: ['bird'], samples: 5 }),
  },
  {
    input: 'a count that never arrives',
    code: 'task-timeout',
    field: 'samples',
    via: 'task-failed',
    send: command({ id: 'waiting', kind: 'learn', task: 't3', classes: ['ship'], samples: 3 }),
  },
  {
    input: 'a vector of another dimension',
    code: 'wrong-dimension',
    via: 'dead-letter',
    send: vector('w', new Float32Array(7).fill(1)),
  },
  {
    input: 'a vector with NaN',
    code: 'invalid-vector',
    via: 'dead-letter',
    send: vector(
      'n',
      Float32Array.from({ length: 12 }, (_, i) => (i === 5 ? Number.NaN : 1)),
    ),
  },
  {
    input: 'a vector of zeros',
    code: 'invalid-vector',
    via: 'dead-letter',
    send: vector('z', new Float32Array(12)),
  },
  {
    input: 'float32 bytes of odd length',
    code: 'invalid-vector',
    via: 'dead-letter',
    send: raw('queries', { ce_type: 'lethe.query', 'content-type': 'application/x-float32' }, '12345'),
  },
  {
    input: 'an empty image',
    code: 'empty-payload',
    via: 'dead-letter',
    send: image('e', 'image/png', () => Buffer.alloc(0)),
  },
  {
    input: 'a PNG of 200 megapixels',
    code: 'image-too-large',
    via: 'dead-letter',
    send: image('big', 'image/png', () => blankPng(20_000, 10_000)),
  },
  {
    input: 'a truncated JPEG',
    code: 'image-corrupt',
    via: 'dead-letter',
    send: image('cut', 'image/jpeg', async () => {
      const whole = await jpeg();
      return whole.subarray(0, whole.length / 2);
    }),
  },
  {
    input: 'a JPEG that calls itself PNG',
    code: 'unsupported-format',
    via: 'dead-letter',
    send: image('mislabelled', 'image/png', () => jpeg()),
  },
  {
    input: 'text for an image',
    code: 'unsupported-format',
    via: 'dead-letter',
    send: raw('queries', { ce_type: 'lethe.query', 'content-type': 'text/plain' }, 'a cat'),
  },
  {
    input: 'CIFAR bytes of another length',
    code: 'image-corrupt',
    via: 'dead-letter',
    send: image('cifar', 'application/x-cifar', () => Buffer.alloc(3000)),
  },
  {
    input: 'an id that names another sample',
    code: 'duplicate-id',
    field: 'id',
    via: 'dead-letter',
    send: sample('ship-0', 'ship', 't3', 7),
  },
  {
    input: 'a late sample of an unlearned class',
    code: 'class-unlearned',
    field: 'label',
    via: 'dead-letter',
    send: sample('late', 'old', 't1', 8),
  },
  {
    input: 'a late sample of a learned class',
    code: 'class-known',
    field: 'label',
    via: 'dead-letter',
    send: sample('late2', 'cat', 't1', 0),
  },
];

describe('bad input', () => {
  let processing: Processing;
  beforeAll(async () => {
    processing = startProcessing({ settings: { taskTimeoutMs: TASK_TIMEOUT } });
    await learn(processing, 't1', { cat: 0, dog: 4, old: 8 });
    await processing.command({ id: 'unlearn-old', kind: 'unlearn', classes: ['old'] });
    await processing.event('unlearned');
    await processing.sample('ship-0', 'ship', 't3', around(6, 1));
  });
  afterAll(() => processing.stop());

  it.each(cases)('$input is refused as $code, and the stream goes on', async ({ code, field, via, send }) => {
    const before = processing.signals.length;
    const record = await send(processing);
    await processing.log.publish([record]);
    const fresh = (signal: Signal): boolean => processing.signals.indexOf(signal) >= before;

    if (via === 'dead-letter') {
      const letter = await processing.deadLetter((signal) => fresh(signal));
      expect(letter.code).toBe(code);
      expect(letter.source.value.equals(record.value)).toBe(true);
    } else {
      const id = record.headers.ce_id;
      const { error } =
        via === 'command-rejected'
          ? await processing.event(via, (event) => event.commandId === id)
          : await processing.event(via);
      expect(error.code).toBe(code);
      expect(error.field).toBe(field);
      expect(error.remedy).not.toBe('');
    }
    const answer = await processing.query(`after-${before}`, around(0, 1));
    expect(answer.label).toBe('cat');
  });

  it('says what is missing of a task that was given up', async () => {
    const { error } = await processing.event('task-failed');
    expect(error.evidence).toMatchObject({ expected: 3, stored: 1, missing: 2 });
  });

  it('writes a dead letter with its reason for each, and loses nothing', async () => {
    const { log, topics, signals } = processing;
    expect(await log.lag(groupsOf(topics).inference, [topics.queries])).toBe(0);
    expect(await log.lag(groupsOf(topics).learning, [topics.samples])).toBe(0);
    expect(await log.lag(groupsOf(topics).commands, [topics.commands])).toBe(0);
    const expected = cases.filter(({ via }) => via === 'dead-letter').length;
    expect(signals.filter(({ kind }) => kind === 'dead-letter')).toHaveLength(expected);
    const written = await new Promise<readonly string[]>((resolve) => {
      const reasons: string[] = [];
      const reading = log
        .read({ topics: [topics['dead-letters']], group: 'test', maxInFlight: 100, from: 'earliest' })
        .subscribe(({ headers }) => {
          reasons.push(headers['lethe-reason'] ?? '');
          if (reasons.length < expected) return;
          setImmediate(() => reading.unsubscribe());
          resolve(reasons);
        });
    });
    const wanted = cases.flatMap(({ via, code }) => (via === 'dead-letter' ? [code] : []));
    expect([...written].sort()).toEqual([...wanted].sort());
  });
});
