import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChainReader } from '../../../src/auditing/auditChainReader.js';
import { type ChainHead, chained, EMPTY_CHAIN, sha256 } from '../../../src/domain/auditChain.js';
import type { AuditEntry, AuditRecord } from '../../../src/domain/messages/audit.js';

const entry = (index: number): AuditEntry => ({
  time: '2026-01-31T12:00:00.000Z',
  model: 'animals',
  position: `lethe.commands/0/${index}`,
  told: { of: 'command', id: `c${index}`, actor: 'alice', body: { kind: 'unlearn', classes: [`k${index}`] } },
});

/** Records of a chain, as they are written. */
function chainOf(length: number): Buffer[] {
  let head: ChainHead = EMPTY_CHAIN;
  return Array.from({ length }, (_, index) => {
    const { value, head: next } = chained(entry(index), head);
    head = next;
    return value;
  });
}

/** Reads the records; `hashes` are those that were written beside them. */
function read(
  values: readonly Buffer[],
  hashes: readonly (string | undefined | null)[] = values.map(sha256),
): ChainReader<AuditRecord> {
  const reader = new ChainReader((record) => record);
  for (const [index, value] of values.entries()) reader.next({ value, hash: hashes[index] });
  return reader;
}

const broken = ({ fault, first }: ChainReader<unknown>): boolean => fault !== null || (first ?? 0) > 0;

/** A record that is well-formed, and whose hash is beside it. */
const forged = (sequence: number, previous: string) =>
  chained({ ...entry(sequence), model: 'forged' }, { length: sequence, hash: previous }).value;

describe('the audit chain', () => {
  const chain = chainOf(12);
  const hashes = chain.map(sha256);
  const behind = (index: number, ...values: Buffer[]) => chain.toSpliced(index, 0, ...values);

  it('is whole as it was written', () => {
    const { fault, head, first, foreign, records } = read(chain);
    expect(fault).toBeNull();
    expect(first).toBe(0);
    expect(head).toEqual({ length: 12, hash: hashes[11] });
    expect(foreign).toEqual({ count: 0, examples: [] });
    expect(records.map(({ sequence }) => sequence)).toEqual(chain.map((_, index) => index));
  });

  it('is read however long it is', () => {
    const long = read(chainOf(20_000));
    expect([long.first, long.fault, long.foreign.count, long.length]).toEqual([0, null, 0, 20_000]);
  });

  it('shows any changed byte', () => {
    const places = fc.record({
      at: fc.nat({ max: chain.length - 1 }),
      byte: fc.nat(),
      by: fc.integer({ min: 1, max: 255 }),
    });
    fc.assert(
      fc.property(places, ({ at, byte, by }) => {
        const changed = chain.map((value) => Buffer.from(value));
        const value = changed[at] as Buffer;
        const place = byte % value.length;
        value[place] = ((value[place] as number) + by) % 256;
        const seen = read(changed, hashes);
        // The last one, too: what lies beside it tells that it was one of the chain.
        expect(broken(seen)).toBe(true);
        // Without the hash beside it, the next record shows it; whoever knows the head sees it in the last one.
        const alone = read(changed, []);
        expect(broken(alone) || alone.head.hash !== hashes.at(-1)).toBe(true);
        if (at < 11) expect(broken(alone)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['removed', (all: Buffer[]) => all.splice(5, 1)],
    ['removed before the last', (all: Buffer[]) => all.splice(10, 1, Buffer.from('hello'))],
    ['exchanged', (all: Buffer[]) => all.splice(5, 2, all[6] as Buffer, all[5] as Buffer)],
  ])('shows a record that was %s', (_, change) => {
    const changed = [...chain];
    change(changed);
    expect(read(changed).fault?.problem).toBe('not-linked');
  });

  it('shows a record that was removed from the end of what a file holds', () => {
    expect(broken(read(chain.toSpliced(8, 3), []))).toBe(true);
  });

  it('shows that its beginning is missing', () => {
    const { fault, first } = read(chain.slice(3));
    expect(fault).toBeNull();
    expect(first).toBe(3);
  });

  it.each([
    ['not JSON', Buffer.from('hello')],
    ['no bytes', Buffer.alloc(0)],
    ['no UTF-8', Buffer.from([0xff, 0xfe])],
    ['JSON of another form', Buffer.from('{"sequence":"x"}')],
    ['null', Buffer.from('null')],
    ['a number made up', forged(999, 'f'.repeat(64))],
    ['a number that is taken', forged(3, 'f'.repeat(64))],
    ['a beginning of its own', forged(0, '0'.repeat(64))],
  ])('passes over %s at each place and names it', (_, value) => {
    for (let index = 0; index <= chain.length; index++) {
      const seen = read(behind(index, value));
      expect(seen).toMatchObject({ fault: null, first: 0, head: { length: 12, hash: hashes[11] } });
      expect(seen.foreign.count).toBe(1);
      expect(seen.records.map(({ model }) => model)).not.toContain('forged');
    }
  });

  it('passes over a copy', () => {
    const seen = read(behind(9, chain[4] as Buffer));
    expect([seen.fault, seen.head.length, seen.foreign.examples.map(({ index }) => index)]).toEqual([
      null,
      12,
      [9],
    ]);
  });

  it('passes over several that name one another, once the chain goes on behind them', () => {
    const one = forged(50, 'e'.repeat(64));
    const two = forged(51, sha256(one));
    expect(read(behind(6, one, two))).toMatchObject({ fault: null, head: { length: 12 } });
    expect(read([...chain, one, two]).fault).not.toBeNull();
  });

  it('passes over what has no hash beside it, or another', () => {
    const value = forged(12, hashes[11] ?? '');
    expect(read([...chain, value], [...hashes, null])).toMatchObject({ fault: null, head: { length: 12 } });
    expect(read(behind(4, value), hashes.toSpliced(4, 0, 'a'.repeat(64)))).toMatchObject({ fault: null });
    expect(read([...chain, value], [...hashes, 'a'.repeat(64)]).fault?.problem).toBe('wrong-hash');
  });

  it('is broken where its newest record is no record any more, by what lies beside it', () => {
    const last = chain.length - 1;
    const changed = chain.with(last, Buffer.from('hello'));
    const seal = { key: 'k', signature: 's' };
    const readAs = (beside: { readonly hash?: string | null; readonly seal?: typeof seal }) => {
      const reader = new ChainReader((record) => record);
      for (const [index, value] of changed.entries())
        reader.next({ value, hash: hashes[index], ...(index === last && beside) });
      return reader.fault;
    };
    const own = sha256('hello');
    expect(readAs({})).toMatchObject({ index: last, problem: 'wrong-hash' });
    expect(readAs({ hash: own, seal })).toMatchObject({ index: last, problem: 'wrong-hash' });
    expect(readAs({ hash: null, seal })).toMatchObject({ index: last, problem: 'wrong-hash' });
    // Nothing tells it from what another program wrote, but a head that is kept elsewhere.
    expect(readAs({ hash: own })).toBeNull();
    expect(readAs({ hash: null })).toBeNull();
    // In a file there should be nothing else.
    expect(read(changed, []).fault).toMatchObject({ index: last });
    // Once the chain has gone on, it was none of it.
    expect(read(behind(4, Buffer.from('hello')), hashes.toSpliced(4, 0, 'a'.repeat(64))).fault).toBeNull();
  });

  it('holds a few of the records beside it, however many others wrote', () => {
    const reader = new ChainReader(() => null);
    for (let index = 0; index < 5000; index++) {
      reader.next({ value: Buffer.from(`${index}`), hash: null });
      reader.next({ value: forged(7000 + 2 * index, sha256(`${index}`)), hash: null });
    }
    for (const [index, value] of chain.entries()) reader.next({ value, hash: hashes[index] });
    expect(reader).toMatchObject({ fault: null, head: { length: 12, hash: hashes[11] } });
    expect(reader.foreign.count).toBe(10_000);
    expect(reader.foreign.examples.map(({ index }) => index)).toEqual([...Array(20).keys()]);
  });

  it('takes records of older versions, whatever times they tell', () => {
    let head: ChainHead = EMPTY_CHAIN;
    const old = ['2026-01-31T12:00:00.000Z', '-000001-12-31T23:59:59.999Z', 'x'].map((time) => {
      const { written: _, ...rest } = { ...entry(1), written: '' };
      const made = chained({ ...rest, time }, head);
      head = made.head;
      return made.value;
    });
    expect(read(old)).toMatchObject({ fault: null, head: { length: 3 } });
  });
});
