import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ChainHead,
  ChainVerifier,
  chained,
  EMPTY_CHAIN,
  sha256,
} from '../../../src/domain/auditChain.js';
import type { AuditEntry } from '../../../src/domain/messages/audit.js';

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

/** Follows the chain; `hashes` are those that were written beside the records. */
function follow(values: readonly Buffer[], hashes: readonly string[] = values.map(sha256)): ChainVerifier {
  const verifier = new ChainVerifier();
  for (const [index, value] of values.entries()) verifier.next({ value, hash: hashes[index] });
  return verifier;
}

describe('the audit chain', () => {
  const chain = chainOf(12);
  const hashes = chain.map(sha256);

  it('is whole as it was written', () => {
    const { fault, head, first } = follow(chain);
    expect(fault).toBeNull();
    expect(first).toBe(0);
    expect(head).toEqual({ length: 12, hash: hashes[11] });
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
        expect(follow(changed, hashes).fault).toMatchObject({ index: at });
        // Without the hash beside it, the next record shows it; whoever knows the head sees it in the last one.
        const alone = follow(changed, []);
        expect(alone.fault !== null || alone.head.hash !== hashes.at(-1)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['removed', (all: Buffer[]) => all.splice(5, 1)],
    ['doubled', (all: Buffer[]) => all.splice(5, 0, all[5] as Buffer)],
    ['exchanged', (all: Buffer[]) => all.splice(5, 2, all[6] as Buffer, all[5] as Buffer)],
  ])('shows a record that was %s', (_, change) => {
    const changed = [...chain];
    change(changed);
    expect(follow(changed).fault?.problem).toBe('wrong-sequence');
  });

  it('shows that its beginning is missing', () => {
    const { fault, first } = follow(chain.slice(3));
    expect(fault).toBeNull();
    expect(first).toBe(3);
  });
});
