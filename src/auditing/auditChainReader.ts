import { type ChainHead, EMPTY_CHAIN, sha256 } from '../domain/auditChain.js';
import { type AuditRecord, auditRecordSchema } from '../domain/messages/audit.js';
import type { Seal } from './auditSeal.js';

/** A record as it was read. */
export interface ReadAuditRecord {
  readonly value: Buffer;
  /** The hash that was written beside it; null where none was; undefined of lines in a file, which have none. */
  readonly hash?: string | null | undefined;
  /** The signature that was written beside it. */
  readonly seal?: Seal | null | undefined;
  /** Its position. */
  readonly position?: string;
}

/** A record that does not belong to the chain: another program wrote it. */
export interface ForeignRecord {
  /** Index in the order read. */
  readonly index: number;
  readonly position: string;
  readonly why: string;
}

/** The records beside a chain: their number, and the first of them. There may be any number. */
export interface Foreign {
  readonly count: number;
  readonly examples: readonly ForeignRecord[];
}

/** What is wrong with a chain, at the first record where something is. */
export interface ChainFault {
  readonly index: number;
  readonly problem: 'wrong-hash' | 'not-linked';
  readonly message: string;
}

/** A record of the chain, with what its reader keeps of it. */
export interface ChainLink<T> {
  readonly sequence: number;
  readonly hash: string;
  readonly position: string;
  readonly kept: T;
}

/** A record that may be one of the chain. */
interface Link<T> extends ChainLink<T> {
  readonly index: number;
  readonly before: Link<T> | undefined;
  /** The first of the records that lead here; undefined where this is it. A chain is longer than a stack is deep. */
  readonly root: Link<T> | undefined;
  /** Records up to this one, from the root on. */
  readonly count: number;
  /** Whether another record continues it. */
  continued: boolean;
  /** Whether its source contains only the chain: a file. */
  readonly alone: boolean;
}

/** Foreign records that are shown. */
const EXAMPLES = 20;

/**
 * Finds the chain among records that anyone may have written. The chain is the longest run of linked records. A
 * record beside it is foreign if its place is taken or the chain continues past it. Otherwise, if records beside the
 * chain are linked with each other, or one would fit at the end except for its link, the chain itself is broken
 * there: something was changed or removed. The chain is also broken if the newest record carries Lethe's hash or
 * signature but different bytes. Memory: for each linked record its numbers, its hash and the result of `keep`; of
 * all others, only a few.
 */
export class ChainReader<T> {
  readonly #links = new Map<string, Link<T>>();
  readonly #examples: ForeignRecord[] = [];
  #passed = 0;
  /** The last record that belonged to the chain according to its headers, but not to its bytes. */
  #torn: ForeignRecord | undefined;
  #end: Link<T> | undefined;
  #index = 0;

  /** @param keep what the caller needs of each record later */
  constructor(private readonly keep: (record: AuditRecord, read: ReadAuditRecord) => T) {}

  next(read: ReadAuditRecord): void {
    const { value, hash, seal, position } = read;
    const at = { index: this.#index, position: position ?? `line ${this.#index + 1}` };
    this.#index++;
    const record = auditRecordIn(value);
    const own = sha256(value);
    const isOther = typeof hash === 'string' && hash !== own;
    if (!record) {
      const isTorn = isOther || hash === undefined || (seal ?? null) !== null;
      this.#pass({ ...at, why: 'it is not an audit record' }, isTorn);
    } else if (hash === null)
      this.#pass({ ...at, why: 'it has no hash in its header' }, (seal ?? null) !== null);
    else if (isOther) {
      const why = `its bytes have the hash ${own}, but its header has another`;
      this.#pass({ ...at, why }, true);
    } else if (this.#links.has(own)) this.#pass({ ...at, why: `it is a copy of number ${record.sequence}` });
    else this.#link(record, own, read, { ...at, alone: hash === undefined });
  }

  /** The end of the chain. */
  get head(): ChainHead {
    const end = this.#end;
    return end ? { length: end.sequence + 1, hash: end.hash } : EMPTY_CHAIN;
  }

  /** Sequence of its first record; null of an empty one. Above 0, older records are missing. */
  get first(): number | null {
    return this.#end ? rootOf(this.#end).sequence : null;
  }

  /** How many of its records were read. */
  get length(): number {
    return this.#end?.count ?? 0;
  }

  /** Its records, oldest first. */
  get links(): readonly ChainLink<T>[] {
    return linksUpTo(this.#end);
  }

  /** What was kept of its records, oldest first. */
  get records(): T[] {
    return linksUpTo(this.#end).map(({ kept }) => kept);
  }

  /** The records beside it. */
  get foreign(): Foreign {
    const chain = new Set(linksUpTo(this.#end));
    const examples = [...this.#examples];
    let unlinked = 0;
    for (const link of this.#links.values()) {
      if (chain.has(link)) continue;
      const { index, position, sequence } = link;
      const why = `it says that it is number ${sequence}, and is not linked to the chain`;
      if (unlinked++ < EXAMPLES) examples.push({ index, position, why });
    }
    return {
      count: this.#passed + unlinked,
      examples: examples.sort((a, b) => a.index - b.index).slice(0, EXAMPLES),
    };
  }

  /** The first fault of the chain itself; null if there is none. */
  get fault(): ChainFault | null {
    const end = this.#end;
    const faults: ChainFault[] = [];
    if (this.#torn && this.#torn.index > (end?.index ?? -1)) {
      const { index, why } = this.#torn;
      faults.push({ index, problem: 'wrong-hash', message: why });
    }
    if (!end) return faults[0] ?? null;
    const chain = new Set(linksUpTo(end));
    for (const link of this.#links.values()) {
      const fault = chain.has(link) ? null : faultOf(link, end);
      if (fault) faults.push(fault);
    }
    return faults.sort((a, b) => a.index - b.index)[0] ?? null;
  }

  #pass(foreign: ForeignRecord, isTorn = false): void {
    this.#passed++;
    if (this.#examples.length < EXAMPLES) this.#examples.push(foreign);
    if (isTorn) this.#torn = foreign;
  }

  #link(
    record: AuditRecord,
    hash: string,
    read: ReadAuditRecord,
    at: Pick<Link<T>, 'index' | 'position' | 'alone'>,
  ): void {
    const named = this.#links.get(record.previous);
    const before = named?.sequence === record.sequence - 1 ? named : undefined;
    const link: Link<T> = {
      ...at,
      sequence: record.sequence,
      hash,
      kept: this.keep(record, read),
      before,
      root: before && rootOf(before),
      count: (before?.count ?? 0) + 1,
      continued: false,
    };
    if (before) before.continued = true;
    this.#links.set(hash, link);
    if (!this.#end || link.count > this.#end.count) this.#end = link;
  }
}

function rootOf<T>(link: Link<T>): Link<T> {
  return link.root ?? link;
}

function linksUpTo<T>(end: Link<T> | undefined): Link<T>[] {
  const links: Link<T>[] = [];
  for (let link = end; link; link = link.before) links.push(link);
  return links.reverse();
}

function faultOf<T>(link: Link<T>, end: Link<T>): ChainFault | null {
  const { sequence } = link;
  const root = rootOf(end);
  const first = rootOf(link);
  const isTaken = sequence >= root.sequence && sequence <= end.sequence;
  const isPassed = root.index < first.index && end.index > link.index;
  if (isTaken || isPassed) return null;
  const isOneOfSeveral = link.before !== undefined || link.continued;
  // What lies between may have been the records that are missing.
  const fits = sequence > end.sequence && sequence - end.sequence <= link.index - end.index;
  if (!(isOneOfSeveral || fits || link.alone)) return null;
  return {
    index: Math.max(first.index, root.index),
    problem: 'not-linked',
    message: `number ${Math.max(first.sequence, root.sequence)} follows a record that is missing: an earlier record was changed or removed`,
  };
}

/** The record in the bytes; null if they contain none. */
export function auditRecordIn(value: Buffer): AuditRecord | null {
  try {
    return auditRecordSchema.parse(JSON.parse(value.toString('utf8')));
  } catch {
    return null;
  }
}
