import type { TopicRole } from '../../src/domain/topics.js';
import type { Random } from '../../src/model/ssre/random.js';
import { DEEP, DEEP_OBJECT, ODD } from '../fuzz/oddJson.js';
import type { Raw } from '../support/recordBatch.js';
import { DIMENSION, type Draft, FOREIGN, oneOf } from './draft.js';
import type { Pictures } from './pictures.js';

/** What a damage needs to know beside the draft. */
export interface Circumstances {
  readonly random: Random;
  readonly serial: number;
  readonly role: TopicRole;
  readonly pictures: Pictures;
  /** Bytes that a batch of the topic may have, as the broker says. */
  readonly topicBytes: number;
}

/** A way in which a record is wrong. */
export interface Damage {
  readonly name: string;
  /** How often it is drawn, relative to the others; those that cost much are rare. */
  readonly weight: number;
  /** Whether the broker may refuse it, so that it travels in a batch of its own. */
  readonly alone?: boolean;
  /** For which topics only. */
  readonly roles?: readonly TopicRole[];
  apply(draft: Draft, circumstances: Circumstances): void;
}

const KIB = 1024;
const bytesOf = (random: Random, length: number): Buffer =>
  Buffer.from(Uint8Array.from({ length }, () => random.below(256)));
const textOf = (name: string | Uint8Array): string => Buffer.from(name).toString();
const set = (draft: Draft, name: string, value: Raw): void => {
  const at = draft.headers.findIndex(([known]) => textOf(known) === name);
  if (at < 0) draft.headers.push([name, value]);
  else draft.headers[at] = [name, value];
};
const anyHeader = (draft: Draft, random: Random): string => {
  const [name] = draft.headers[random.below(draft.headers.length)] ?? ['ce_id'];
  return textOf(name);
};
const header =
  (name: string, values: readonly [Raw, ...Raw[]]): Damage['apply'] =>
  (draft, { random }) =>
    set(draft, name, oneOf(values, random));
const payload =
  (contentType: string, content: (circumstances: Circumstances) => Raw): Damage['apply'] =>
  (draft, circumstances) => {
    set(draft, 'content-type', contentType);
    draft.value = content(circumstances);
  };

const INVALID_UTF8 = Buffer.from([0xc3, 0x28, 0xed, 0xa0, 0x80, 0xff, 0xfe]);
const ESCAPES = 'x\ny\r\u001b[2J\u001b]0;owned\u0007';

const HEADERS: readonly Damage[] = [
  {
    name: 'header without a value beside the others',
    weight: 4,
    apply: (draft) => void draft.headers.push(['tracking', null]),
  },
  {
    name: 'header of an attribute without a value',
    weight: 4,
    apply: (draft, { random }) => set(draft, anyHeader(draft, random), null),
  },
  {
    name: 'empty header',
    weight: 3,
    apply: (draft, { random }) => set(draft, anyHeader(draft, random), ''),
  },
  {
    name: 'header with an empty name',
    weight: 2,
    apply: (draft) => void draft.headers.push(['', 'x'], ['', null]),
  },
  {
    name: 'repeated headers',
    weight: 4,
    apply: (draft, { random }) => {
      const name = anyHeader(draft, random);
      const others: [string, Raw][] = [
        [name, 'another'],
        [name, null],
        [name, Buffer.from([0, 255])],
      ];
      if (random.below(2)) draft.headers.unshift(...others);
      else draft.headers.push(...others);
    },
  },
  {
    name: '300 headers',
    weight: 2,
    apply: (draft) => {
      for (let i = 0; i < 300; i++) draft.headers.push([`h${i}`, String(i)]);
    },
  },
  {
    name: '10,000 headers',
    weight: 0.05,
    apply: (draft) => {
      for (let i = 0; i < 10_000; i++) draft.headers.push([`h${i % 9000}`, i % 3 ? 'v' : null]);
    },
  },
  {
    name: 'no headers',
    weight: 2,
    apply: (draft) => {
      draft.headers = [];
    },
  },
  {
    name: 'names of the prototype as headers',
    weight: 4,
    apply: (draft) =>
      void draft.headers.push(
        ['__proto__', 'x'],
        ['constructor', 'y'],
        ['toString', null],
        ['ce___proto__', 'z'],
      ),
  },
  {
    name: 'a header that is missing',
    weight: 3,
    apply: (draft, { random }) => void draft.headers.splice(random.below(draft.headers.length), 1),
  },
  {
    name: 'invalid UTF-8 in a header',
    weight: 3,
    apply: (draft, { random }) => set(draft, anyHeader(draft, random), INVALID_UTF8),
  },
  {
    name: 'invalid UTF-8 in the name of a header',
    weight: 2,
    apply: (draft) => void draft.headers.push([INVALID_UTF8, 'x']),
  },
  {
    name: 'a header of 100 KiB',
    weight: 0.3,
    apply: (draft, { random }) => set(draft, anyHeader(draft, random), '遺'.repeat(34 * KIB)),
  },
  {
    name: 'newlines and escapes in a header',
    weight: 4,
    apply: (draft, { random }) => set(draft, random.below(2) ? 'ce_type' : anyHeader(draft, random), ESCAPES),
  },
  {
    name: 'an id that is odd',
    weight: 5,
    apply: header('ce_id', [
      ...(['', ' ', 'x'.repeat(200), 'x'.repeat(201), '長'.repeat(200), 'x'.repeat(100_000)] as const),
      ...(['ole\u0301', '\u0000', 'toString', '\ud83d\ude00', `${FOREIGN}\u2028`, 'constructor'] as const),
    ]),
  },
  {
    name: 'an id that is repeated',
    weight: 4,
    apply: (draft, { random }) => set(draft, 'ce_id', `${FOREIGN}-again-${random.below(50)}`),
  },
  {
    name: 'a time that is none',
    weight: 2,
    apply: header('ce_time', ['yesterday', '', '+275760-09-13T00:00:00.001Z', '2026-13-45T99:99:99Z', '0']),
  },
  {
    name: 'another version of CloudEvents',
    weight: 2,
    apply: header('ce_specversion', ['0.3', '2.0', '1', '', 'x'.repeat(5000)]),
  },
  {
    name: 'another content type',
    weight: 4,
    apply: header('content-type', [
      ...(['Application/JSON', 'text/plain', 'application/cloudevents+json', ';', 'a/b+json'] as const),
      ...([
        'application/json; charset=latin1',
        'IMAGE/PNG',
        'x'.repeat(5000),
        'application/x-cifar',
      ] as const),
    ]),
  },
  {
    name: 'a label, task or subject that is odd',
    weight: 3,
    apply: (draft, { random }) =>
      set(
        draft,
        oneOf(['ce_label', 'ce_task', 'ce_subject', 'ce_truth', 'ce_actor'], random),
        oneOf(
          ['unknown', '__proto__', ' ', '\u200b', 'olé', 'ole\u0301', 'x'.repeat(201), ESCAPES, ''],
          random,
        ),
      ),
  },
  {
    name: 'attributes that the SDK gives a meaning',
    weight: 2,
    apply: (draft) =>
      void draft.headers.push(
        ['ce_data', 'x'],
        ['ce_data_base64', '!!'],
        ['ce_partitionkey', 'p'],
        ['ce_UPPER', 'x'],
        ['ce_datacontenttype', 'image/png'],
        ['ce_', ''],
      ),
  },
  {
    name: 'headers of a dead letter',
    weight: 3,
    apply: (draft) =>
      void draft.headers.push(
        ['lethe-topic', 'elsewhere\n'],
        ['lethe-offset', 'NaN'],
        ['lethe-time', 'yesterday'],
        ['lethe-reason', ESCAPES],
        ['lethe-partition', '-1'],
      ),
  },
  {
    name: 'a trace that is none',
    weight: 2,
    apply: (draft, { random }) =>
      void draft.headers.push(['traceparent', oneOf(['x', '', null, '00-0-0-00', ESCAPES], random)]),
  },
];

const KEYS: readonly Damage[] = [
  {
    name: 'an odd key',
    weight: 5,
    apply: (draft, { random }) => {
      draft.key = oneOf<Raw>([null, '', '\u0000', INVALID_UTF8, '遺忘'.repeat(2000), ESCAPES], random);
    },
  },
  {
    name: 'a key of 1 MB',
    weight: 0.1,
    alone: true,
    apply: (draft) => {
      draft.key = Buffer.alloc(1_000_000, 'k');
    },
  },
  {
    name: 'a Chinese key of 900 KB',
    weight: 0.05,
    alone: true,
    apply: (draft) => {
      draft.key = '忘'.repeat(300_000);
    },
  },
];

const floats = (...values: readonly number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);
const vectorWith = (value: number, length = DIMENSION): Buffer =>
  floats(...Array.from({ length }, (_, index) => (index === 7 ? value : 0.1)));

const VALUES: readonly Damage[] = [
  {
    name: 'a tombstone',
    weight: 4,
    apply: (draft) => {
      draft.value = null;
    },
  },
  {
    name: 'a value that is empty',
    weight: 2,
    apply: (draft) => {
      draft.value = '';
    },
  },
  {
    name: 'random bytes',
    weight: 4,
    apply: (draft, { random }) => {
      draft.value = bytesOf(random, random.below(200));
    },
  },
  {
    name: 'a value that is cut off',
    weight: 4,
    apply: (draft, { random }) => {
      const value = Buffer.from(draft.value ?? '');
      draft.value = value.subarray(0, random.below(value.length + 1));
    },
  },
  {
    name: 'a value with a byte changed',
    weight: 4,
    apply: (draft, { random }) => {
      const value = Buffer.from(draft.value ?? '');
      if (value.length > 0) value[random.below(value.length)] = random.below(256);
      draft.value = value;
    },
  },
  {
    name: 'odd JSON',
    weight: 5,
    apply: payload('application/json', ({ random }) => ODD[random.below(ODD.length)] ?? ''),
  },
  {
    name: 'deep JSON',
    weight: 1,
    apply: payload('application/json', ({ random }) => (random.below(2) ? DEEP : DEEP_OBJECT)),
  },
  {
    name: 'JSON after a byte order mark',
    weight: 2,
    apply: payload('application/json', () => '\ufeff{"kind":"relearn","classes":["none"]}'),
  },
  {
    name: 'huge JSON',
    weight: 0.2,
    apply: payload('application/json', () => JSON.stringify(Array.from({ length: 50_000 }, () => 0.5))),
  },
  {
    name: 'a command that is odd',
    weight: 4,
    roles: ['commands'],
    apply: payload('application/json', ({ random, serial }) => oddCommand(random, serial)),
  },
  {
    name: 'a vector that is none',
    weight: 5,
    roles: ['samples', 'queries'],
    apply: payload('application/x-float32', ({ random }) =>
      oneOf<Raw>(
        [
          ...([vectorWith(Number.NaN), vectorWith(Number.POSITIVE_INFINITY), vectorWith(3e38)] as const),
          ...[vectorWith(0.1, 1), vectorWith(0.1, DIMENSION + 1), vectorWith(0.1, 1280)],
          ...[Buffer.alloc(4 * DIMENSION), Buffer.alloc(4 * DIMENSION - 1, 1)],
          floats(...Array.from({ length: DIMENSION }, () => 1e-45)),
        ],
        random,
      ),
    ),
  },
  {
    name: 'a picture that is broken',
    weight: 4,
    roles: ['samples', 'queries'],
    apply: (draft, { random, pictures }) => {
      const file = random.below(2) ? pictures.jpeg : pictures.png;
      set(draft, 'content-type', oneOf(['image/png', 'image/jpeg', 'image/webp'], random));
      const changed = Buffer.from(file);
      changed[random.below(changed.length)] = random.below(256);
      draft.value = random.below(2) ? file.subarray(0, random.below(file.length)) : changed;
    },
  },
  {
    name: 'a picture that becomes huge',
    weight: 0.3,
    roles: ['samples', 'queries'],
    apply: payload('image/png', ({ pictures }) => pictures.bomb),
  },
  {
    name: 'a value of 300 KB',
    weight: 0.3,
    apply: payload('image/png', () => Buffer.alloc(300_000)),
  },
  {
    name: 'a value near the default limit of a topic',
    weight: 0.15,
    alone: true,
    apply: payload('image/png', ({ random }) => Buffer.alloc(1_048_000 - random.below(1000))),
  },
  {
    name: 'a value near the limit of its topic',
    weight: 0.02,
    alone: true,
    apply: payload('image/png', ({ topicBytes }) => Buffer.alloc(topicBytes - 1000)),
  },
];

const TIMESTAMPS: readonly Damage[] = [
  {
    name: 'an odd timestamp',
    weight: 6,
    alone: true,
    apply: (draft, { random }) => {
      const now = BigInt(Date.now());
      draft.timestamp = oneOf(
        [0n, -1n, now * 1_000_000n, now * 1000n, 2n ** 63n - 1n, 1n, 8_640_000_000_000_001n],
        random,
      );
    },
  },
];

const NOTHING: Damage = { name: 'foreign but whole', weight: 6, apply: () => undefined };

/** All of them. */
export const DAMAGES: readonly Damage[] = [NOTHING, ...HEADERS, ...KEYS, ...VALUES, ...TIMESTAMPS];

function oddCommand(random: Random, serial: number): string {
  const names = [
    '__proto__',
    'unknown',
    ' ',
    '',
    'x'.repeat(201),
    'ole\u0301',
    '\u200b',
    'a\nb',
    '\u001b[2J',
  ];
  const name = names[random.below(names.length)];
  const bodies: readonly [object, ...object[]] = [
    { kind: 'unlearn', classes: [name] },
    { kind: 'unlearn', classes: ['olé', 'ole\u0301'] },
    { kind: 'unlearn', classes: Array.from({ length: 5000 }, (_, index) => `n${index}`) },
    { kind: 'unlearn', samples: ['__proto__', `${FOREIGN}-${serial}`] },
    { kind: 'unlearn', samples: Array.from({ length: 20_000 }, (_, index) => `${FOREIGN}-s${index}`) },
    { kind: 'unlearn', subject: `${name}${FOREIGN}` },
    { kind: 'unlearn', classes: [name], samples: ['x'] },
    { kind: 'unlearn', examples: Array.from({ length: 50 }, () => ({ vector: [1e300] })) },
    { kind: 'unlearn', examples: [{ vector: Array.from({ length: DIMENSION }, () => 0) }] },
    { kind: 'erase', classes: [name], now: 'yes' },
    { kind: 'learn', task: name, classes: [name], samples: 1e9 },
    { kind: 'learn', task: `${FOREIGN}-${serial}`, classes: [], samples: -1 },
    { kind: '__proto__' },
    { kind: { kind: 'learn' } },
  ];
  return JSON.stringify(oneOf(bodies, random));
}
