import { open } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { loadConfig } from '../app/config/loadConfig.js';
import type { Foreign, ReadAuditRecord } from '../auditing/auditChainReader.js';
import type { Judgement, Seal } from '../auditing/auditSeal.js';
import { storyOf } from '../auditing/auditStory.js';
import { sha256 } from '../domain/auditChain.js';
import { LetheError } from '../domain/errors.js';
import type { AuditRecord } from '../domain/messages/audit.js';
import { visibleJson } from '../domain/visible.js';
import { certificateCommand } from './auditCertificate.js';
import { chainIn, chainOf, readChain, verifiedChain, wholeChain } from './auditChain.js';
import { signatureLine, signatureReport, signaturesIn, trustedKeys } from './auditSignatures.js';
import { type ConnectionOptions, withConnection } from './connection.js';
import { type CliIo, writeNote, writeResult, writeWhenRoom } from './io.js';

interface VerifyOptions extends ConnectionOptions {
  readonly head?: string;
  readonly signatures?: string;
  readonly publicKey?: readonly string[];
  readonly signedSince?: number;
}

interface ExportOptions extends ConnectionOptions {
  readonly signatures?: string;
}

/** `lethe audit`: the history of commands and effects, and its verification. */
export function auditCommand(io: CliIo): Command {
  return new Command('audit')
    .description(
      'verify, show and export the audit chain: a tamper-evident record of all commands and events',
    )
    .addCommand(verifyCommand(io))
    .addCommand(showCommand(io))
    .addCommand(exportCommand(io))
    .addCommand(certificateCommand(io));
}

function verifyCommand(io: CliIo): Command {
  return withConnection(new Command('verify'))
    .description('verify the chain of a running Lethe, or a file of `lethe audit export`')
    .argument('[file]', 'the chain, one record a line')
    .option('--head <hash>', 'hash that the last record must have, for example from a certificate')
    .option(
      '--public-key <file...>',
      'public keys (PEM) that may sign, including former ones; in addition to audit.publicKeys in the settings',
    )
    .option(
      '--signatures <file>',
      'signatures of the records in the file, from `lethe audit export --signatures`',
    )
    .option(
      '--signed-since <number>',
      'fail unless one of these keys signed each record from this number on',
      numberOf,
    )
    .addHelpText(
      'after',
      `
Examples:
  $ lethe audit verify
  $ lethe audit verify --public-key public.pem former.pem --signed-since 0
  $ lethe audit verify chain.jsonl --signatures signatures.jsonl --public-key public.pem`,
    )
    .action((file: string | undefined, options: VerifyOptions) => verify(file, options, io));
}

/** What `verify` keeps of each record. */
interface Looked {
  readonly by: Judgement;
  /** For an event that the registry did not confirm: its kind, and the reason. */
  readonly doubt?: string;
}

async function verify(file: string | undefined, options: VerifyOptions, io: CliIo): Promise<void> {
  const { config } = loadConfig({ file: options.config, variables: io.variables });
  const keys = await trustedKeys(config, options.publicKey ?? []);
  const read = file === undefined ? chainOf(options, io) : await chainFile(file, options.signatures);
  const chain = await wholeChain(read, (record, { value, seal }): Looked => {
    const doubt = doubtIn(record);
    return { by: keys.judge(value, seal), ...(doubt !== undefined && { doubt }) };
  });
  const { head, foreign, links } = chain;
  if (options.head !== undefined && options.head !== head.hash) throw otherHead(options.head, head.hash);
  const { lines, ...signatures } = signatureReport(links, options.signedSince);
  const doubts = links.flatMap(({ sequence, kept }) =>
    kept.doubt === undefined ? [] : [{ sequence, doubt: kept.doubt }],
  );
  const isUnsigned = links.length > 0 && signatures.unsigned === links.length;
  const result = {
    records: head.length,
    head: head.hash,
    // The first of them each: there may be any number.
    foreign: foreign.examples,
    foreignCount: foreign.count,
    unconfirmed: doubts.slice(0, SHOWN),
    unconfirmedCount: doubts.length,
    signatures,
  };
  writeResult(io, options.json, result, [
    `${head.length} records, complete; the hash of the last is ${head.hash}`,
    ...(isUnsigned ? ['no record is signed'] : lines),
    ...doubts
      .slice(0, SHOWN)
      .map(({ sequence, doubt }) => `the registry does not confirm number ${sequence}: ${doubt}`),
    ...more(doubts.length - SHOWN, 'that the registry does not confirm'),
    ...foreignLines(foreign),
  ]);
}

/** Doubtful records that are shown. */
const SHOWN = 20;

function more(count: number, which: string): string[] {
  return count > 0 ? [`and ${count} more ${which}`] : [];
}

function foreignLines({ count, examples }: Foreign): string[] {
  const lines = examples.map(({ position, why }) => `skipped ${position}: ${why}`);
  return [...lines, ...more(count - examples.length, 'that were skipped')];
}

function doubtIn({ told, registry }: AuditRecord): string | undefined {
  if (registry?.confirms !== false) return undefined;
  const kind = told.of === 'event' && typeof told.body.kind === 'string' ? told.body.kind : told.of;
  return `${kind}: ${registry.why ?? 'no reason given'}`;
}

async function chainFile(
  file: string,
  signatures: string | undefined,
): Promise<AsyncGenerator<ReadAuditRecord>> {
  return chainIn(file, signatures === undefined ? undefined : await signaturesIn(signatures));
}

function numberOf(text: string): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(number) && number >= 0) return number;
  throw new InvalidArgumentError('Give the number of a record: 0, 1, 2, ...');
}

function showCommand(io: CliIo): Command {
  return withConnection(new Command('show'))
    .description('show all commands and events about a class')
    .argument('<class>', 'its name')
    .addHelpText('after', '\nExample:\n  $ lethe audit show cat')
    .action(async (className: string, options: ConnectionOptions) => {
      const { records, lines } = storyOf(className, (await verifiedChain(options, io)).records);
      writeResult(
        io,
        options.json,
        records,
        lines.length > 0 ? lines : `the chain has no record about ${className}`,
      );
    });
}

function exportCommand(io: CliIo): Command {
  return withConnection(new Command('export'))
    .description('write the chain, one record a line; each record contains the SHA-256 of the previous line')
    .option('--signatures <file>', 'file for the signatures of the records, one a line')
    .addHelpText(
      'after',
      `
Examples:
  $ lethe audit export > chain.jsonl && lethe audit verify chain.jsonl
  $ lethe audit export --signatures signatures.jsonl > chain.jsonl`,
    )
    .action((options: ExportOptions) => exportChain(options, io));
}

async function exportChain(options: ExportOptions, io: CliIo): Promise<void> {
  const chain = await readChain(chainOf(options, io), () => null);
  const numbers = new Map(chain.links.map(({ hash, sequence }) => [hash, sequence]));
  // Of a chain that is broken everything is evidence.
  const isBroken = chain.fault !== null;
  const signatures = options.signatures === undefined ? undefined : await open(options.signatures, 'w');
  try {
    for await (const { value, seal } of chainOf(options, io)) {
      const hash = sha256(value);
      const sequence = numbers.get(hash);
      // Of the records of the chain each is written once, whoever copied it.
      numbers.delete(hash);
      if (sequence === undefined && !isBroken) continue;
      await writeWhenRoom(io, io.stdout.isTTY ? `${visibleJson(value.toString())}\n` : lineOf(value));
      if (sequence !== undefined && isWhole(seal))
        await signatures?.appendFile(signatureLine(sequence, value, seal));
    }
  } finally {
    await signatures?.close();
  }
  const left = isBroken ? 0 : chain.foreign.count;
  if (left > 0) writeNote(io, `skipped ${left} records that do not belong to the chain`);
  if (numbers.size > 0) throw notExported(numbers.size);
}

function isWhole(seal: Seal | null | undefined): seal is Seal {
  return seal !== null && seal !== undefined;
}

/** Its bytes have the hash that the next record names. */
function lineOf(value: Buffer): Buffer {
  return Buffer.concat([value, Buffer.from('\n')]);
}

function notExported(count: number): LetheError {
  return new LetheError('audit-broken', `${count} records of the chain were deleted during the export`, {
    field: 'records',
    value: String(count),
    remedy: 'Keep the audit topic without limit (`lethe topics check`), then export again.',
  });
}

function otherHead(wanted: string, found: string): LetheError {
  return new LetheError('audit-broken', 'the chain ends at another record', {
    field: 'head',
    value: found,
    remedy: `The hash of the last record should be ${wanted}. Somebody removed records, or Lethe added some since.`,
  });
}
