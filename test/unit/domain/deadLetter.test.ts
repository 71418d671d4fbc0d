import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/domain/auditChain.js';
import { deadLetter, letterAgain } from '../../../src/domain/deadLetter.js';
import { LetheError } from '../../../src/domain/errors.js';
import { deadLetterHeadersSchema } from '../../../src/domain/messages/deadLetter.js';
import { type LogRecord, recordBytes } from '../../../src/domain/record.js';

const names = Array.from({ length: 10_000 }, (_, i) => `class ${i} 類`);
const hugeError = new LetheError('unknown-class', `never learned: ${names}`, {
  field: names.join(),
  value: names.join(),
  remedy: `Name one of ${names}.`,
  evidence: { names },
});
const record = (changes: Partial<LogRecord> = {}): LogRecord => ({
  topic: 'lethe.queries',
  partition: 1,
  offset: 5n,
  key: 'q1',
  value: Buffer.from('value'),
  headers: { ce_id: 'q1', ce_label: 'cat' },
  timestamp: 0,
  ...changes,
});
/** Less than any topic takes. */
const SMALL = 20_000;

it('is the record with the reason, and can be replayed', () => {
  const letter = deadLetter(record(), hugeError, 'letters');
  expect(letter).toMatchObject({ topic: 'letters', key: 'q1', value: Buffer.from('value') });
  expect(letter.headers).toMatchObject({ ce_id: 'q1', 'lethe-offset': '5' });
  expect(deadLetterHeadersSchema.parse(letter.headers)['lethe-value-sha256']).toBeUndefined();
});

it.each<[string, Partial<LogRecord>]>([
  ['a value', { value: Buffer.alloc(2 ** 20, 1) }],
  ['a key', { key: '鍵'.repeat(2 ** 20) }],
  ['one header', { headers: { ce_id: 'q1', ce_label: 'cat', large: 'x'.repeat(2 ** 20) } }],
  [
    'ten thousand headers',
    {
      headers: {
        ...Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`h${i}`, '値'.repeat(50)])),
        ce_id: 'q1',
        ce_label: 'cat',
      },
    },
  ],
])('has a small form, whatever the size of %s', (_, changes) => {
  const source = record(changes);
  const smaller = deadLetter(source, hugeError, 'letters').smaller?.();
  expect(recordBytes(smaller ?? source)).toBeLessThan(SMALL);
  expect(smaller?.headers).toMatchObject({ ce_id: 'q1', ce_label: 'cat' });
  expect(deadLetterHeadersSchema.parse(smaller?.headers)).toMatchObject({
    'lethe-topic': 'lethe.queries',
    'lethe-offset': '5',
    'lethe-reason': 'unknown-class',
    'lethe-value-bytes': source.value.length,
    'lethe-value-sha256': sha256(source.value),
  });
});

it('does not take the headers of a replayed letter, or of a liar, for its own', () => {
  const headers = { 'lethe-value-sha256': 'f'.repeat(64), 'lethe-reason': 'internal', 'lethe-other': '1' };
  const letter = deadLetter(record({ headers }), hugeError, 'letters');
  expect(letter.headers['lethe-value-sha256']).toBeUndefined();
  expect(letter.headers['lethe-reason']).toBe('unknown-class');
  expect(letter.headers['lethe-other']).toBeUndefined();
});

it('tells of errors that are bounded in all they say', () => {
  expect(JSON.stringify(hugeError).length).toBeLessThan(10_000);
});

describe('the smaller form', () => {
  const smaller = (changes: Partial<LogRecord>) =>
    deadLetter(record(changes), hugeError, 'letters').smaller?.();
  const sized = (bytes: number, name = 'large') => ({ [name]: 'x'.repeat(bytes - name.length) });

  it('keeps key and headers that are no longer than 1024 bytes, and says what it left out', () => {
    const kept = smaller({ key: 'k'.repeat(1024), headers: sized(1024) });
    expect([kept?.key?.length, kept?.headers.large?.length, kept?.value.length]).toEqual([1024, 1019, 0]);
    expect(kept?.headers).not.toHaveProperty('lethe-key-bytes');
    expect(kept?.headers).not.toHaveProperty('lethe-headers-left-out');
    const less = smaller({ key: '\u9375'.repeat(342), headers: { ...sized(1025), ...sized(1025, 'other') } });
    expect(less?.key).toBeNull();
    expect(less?.headers).toMatchObject({ 'lethe-key-bytes': '1026', 'lethe-headers-left-out': '2' });
    expect(less?.headers).not.toHaveProperty('large');
  });

  it('keeps headers up to 8192 bytes, those that tell of the message first', () => {
    const many = Object.fromEntries(
      Array.from({ length: 9 }, (_, i) => Object.entries(sized(1024, `h${i}`))[0] ?? []),
    );
    const letter = smaller({ headers: { ...many, ce_subject: 'ann' } });
    // 13 bytes are taken by the telling one: seven of the others fit.
    expect(Object.keys(letter?.headers ?? {}).filter((name) => /^h\d$/.test(name))).toHaveLength(7);
    expect(letter?.headers).toMatchObject({ ce_subject: 'ann', 'lethe-headers-left-out': '2' });
    const exactly = smaller({ headers: many });
    expect(exactly?.headers).toMatchObject({ 'lethe-headers-left-out': '1' });
  });

  it('of a record without a key has none', () => {
    const letter = smaller({ key: null });
    expect(letter?.key).toBeNull();
    expect(letter?.headers).not.toHaveProperty('lethe-key-bytes');
  });
});

it('says of a batch that could not be opened where it lies, and what it was', () => {
  const error = new LetheError('invalid-message', 'too large', { remedy: '' });
  const unreadable = { error, firstOffset: 2n, bytes: 99, sha256: 'a'.repeat(64) };
  const letter = deadLetter(record({ unreadable }), error, 'letters');
  const batch = {
    'lethe-first-offset': '2',
    'lethe-value-bytes': '99',
    'lethe-value-sha256': 'a'.repeat(64),
  };
  expect(letter.headers).toMatchObject({ ...batch, 'lethe-partition': '1', 'lethe-message': 'too large' });
  expect(letter.smaller?.().headers).toMatchObject(batch);
  expect(deadLetter(record(), error, 'letters').headers).not.toHaveProperty('lethe-first-offset');
});

it('is written again as it was, and smaller with the reason that it had', () => {
  const letter = deadLetter(record(), hugeError, 'letters');
  const again = letterAgain({ ...record(), ...letter, topic: 'letters' });
  expect(again).toMatchObject({ topic: 'letters', key: 'q1', value: letter.value, headers: letter.headers });
  const smaller = again.smaller?.();
  expect(smaller).toMatchObject({ topic: 'letters', key: 'q1', value: Buffer.alloc(0) });
  expect(smaller?.headers).toMatchObject({
    ce_label: 'cat',
    'lethe-topic': 'lethe.queries',
    'lethe-reason': 'unknown-class',
    'lethe-value-bytes': '5',
  });
});
