import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { LetheConfig } from '../app/config/schema.js';
import type { ChainLink } from '../auditing/auditChainReader.js';
import { type Judgement, type Seal, TrustedKeys } from '../auditing/auditSeal.js';
import { sha256 } from '../domain/auditChain.js';
import { LetheError } from '../domain/errors.js';
import { sha256Schema } from '../domain/messages/audit.js';
import { linesOf } from './fileLines.js';

/** A line of the file that `lethe audit export --signatures` writes: the signature of the record of this hash. */
const signatureSchema = z.object({
  sequence: z.int().nonnegative(),
  sha256: sha256Schema,
  key: z.string(),
  signature: z.string(),
});

/** Signatures of records, by the records' bytes. */
export interface Signatures {
  of(value: Uint8Array): Seal | undefined;
}

/** The line for one signature. */
export function signatureLine(sequence: number, value: Uint8Array, { key, signature }: Seal): string {
  const line: z.infer<typeof signatureSchema> = { sequence, sha256: sha256(value), key, signature };
  return `${JSON.stringify(line)}\n`;
}

/** @throws LetheError `invalid-message` if the file has other content */
export async function signaturesIn(file: string): Promise<Signatures> {
  const seals = new Map<string, Seal>();
  const remedy = 'Give a file from `lethe audit export --signatures`.';
  let number = 0;
  for await (const line of linesOf(file, remedy)) {
    number++;
    const read = signatureSchema.safeParse(jsonOrNull(line));
    if (!read.success)
      throw new LetheError('invalid-message', `line ${number} of ${file} is not a signature`, {
        field: 'signatures',
        value: file,
        remedy,
      });
    const { sha256: hash, key, signature } = read.data;
    seals.set(hash, { key, signature });
  }
  return { of: (value) => seals.get(sha256(value)) };
}

/**
 * The public keys whose signatures count: those of the configuration, and those named beside it.
 * @throws LetheError `config-invalid`
 */
export async function trustedKeys(
  { audit }: Pick<LetheConfig, 'audit'>,
  named: readonly string[],
): Promise<TrustedKeys> {
  const files = [...audit.publicKeys, ...named];
  return new TrustedKeys(await Promise.all(files.map(async (name) => ({ name, pem: await textOf(name) }))));
}

/** @throws LetheError `config-invalid` */
async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new LetheError('config-invalid', `${file} can't be read`, {
      field: 'audit.publicKeys',
      value: file,
      remedy: 'Give a PEM file from `openssl pkey -in key.pem -pubout`.',
      cause,
    });
  }
}

/** Spans that are shown. */
const SHOWN = 20;

/** Records that follow one another and are signed alike. */
interface Span {
  readonly by: Judgement;
  readonly from: number;
  to: number;
}

/** Who signed which records of a chain. */
export interface SignatureReport {
  /** Records signed by a key that counts, by the id of the key. */
  readonly signed: Readonly<Record<string, number>>;
  /** Records whose signature is by a key that nobody gave. */
  readonly unknownKeys: Readonly<Record<string, number>>;
  readonly unsigned: number;
  /** Numbers of records, from and to, that are signed alike; in words. */
  readonly lines: readonly string[];
}

/**
 * Reports which key signed which records.
 * @param since number from which on a trusted key must have signed each record
 * @throws LetheError `audit-broken` at the first wrong or missing signature
 */
export function signatureReport(
  links: readonly ChainLink<{ readonly by: Judgement }>[],
  since = Number.POSITIVE_INFINITY,
): SignatureReport {
  const spans: Span[] = [];
  const signed = new Map<string, number>();
  const unknownKeys = new Map<string, number>();
  let unsigned = 0;
  for (const { sequence, position, kept } of links) {
    const { by } = kept;
    if (by.is === 'wrong') throw wrongSignature(sequence, position, by.key);
    if (by.is !== 'right' && sequence >= since) throw noSignature(sequence, position, by);
    if (by.is === 'unsigned') unsigned++;
    else {
      const counts = by.is === 'right' ? signed : unknownKeys;
      counts.set(by.key, (counts.get(by.key) ?? 0) + 1);
    }
    const last = spans.at(-1);
    if (last && wordsOf(last.by) === wordsOf(by)) last.to = sequence;
    else spans.push({ by, from: sequence, to: sequence });
  }
  const lines = spans.slice(0, SHOWN).map(lineOf);
  return {
    signed: Object.fromEntries(signed),
    unknownKeys: Object.fromEntries(unknownKeys),
    unsigned,
    lines: spans.length > SHOWN ? [...lines, `and ${spans.length - SHOWN} more`] : lines,
  };
}

function lineOf({ by, from, to }: Span): string {
  return `${from === to ? `number ${from} is` : `numbers ${from} to ${to} are`} ${wordsOf(by)}`;
}

function wordsOf(by: Judgement): string {
  if (by.is === 'unsigned') return 'not signed';
  return by.is === 'right' ? `signed by ${by.key}` : `signed by an unknown key, ${by.key}`;
}

function wrongSignature(sequence: number, position: string, key: string): LetheError {
  return new LetheError('audit-broken', `the signature of record ${sequence} is invalid`, {
    field: position,
    value: key,
    remedy: 'Somebody else wrote or changed this record. Compare it with an earlier export or certificate.',
  });
}

function noSignature(sequence: number, position: string, by: Judgement): LetheError {
  return new LetheError('audit-broken', `number ${sequence} is ${wordsOf(by)}`, {
    field: position,
    value: by.is,
    remedy:
      'Give the key that signed it by --public-key, or start at a later number. Otherwise somebody else wrote the record.',
  });
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
