import { ChainReader, type ReadAuditRecord } from '../auditing/auditChainReader.js';
import { readAuditRecord } from '../auditing/auditRecords.js';
import { LetheError } from '../domain/errors.js';
import type { AuditRecord } from '../domain/messages/audit.js';
import type { Signatures } from './auditSignatures.js';
import { type ConnectionOptions, connect } from './connection.js';
import { linesOf } from './fileLines.js';
import type { CliIo } from './io.js';

type Read = AsyncIterable<ReadAuditRecord>;

/**
 * The chain of a running Lethe, with all its records.
 * @throws LetheError `audit-broken`; `unreachable` if it could not be read to its end
 */
export async function verifiedChain(
  options: ConnectionOptions,
  io: CliIo,
): Promise<ChainReader<AuditRecord>> {
  return wholeChain(chainOf(options, io), (record) => record);
}

/**
 * @param keep what the caller needs of each record
 * @throws LetheError `audit-broken`
 */
export async function wholeChain<T>(
  read: Read,
  keep: (record: AuditRecord, read: ReadAuditRecord) => T,
): Promise<ChainReader<T>> {
  const chain = await readChain(read, keep);
  refuseBroken(chain);
  return chain;
}

/** The chain as it is, whole or broken. */
export async function readChain<T>(
  read: Read,
  keep: (record: AuditRecord, read: ReadAuditRecord) => T,
): Promise<ChainReader<T>> {
  const chain = new ChainReader(keep);
  for await (const record of read) chain.next(record);
  return chain;
}

/** The records of a running Lethe's chain. */
export async function* chainOf(options: ConnectionOptions, io: CliIo): AsyncGenerator<ReadAuditRecord> {
  for await (const record of connect(options, io).kept('audit')) yield readAuditRecord(record);
}

/** The records in a file, one per line, with their signatures if another file has them. */
export async function* chainIn(file: string, signatures?: Signatures): AsyncGenerator<ReadAuditRecord> {
  for await (const line of linesOf(file, 'Give a file from `lethe audit export`.')) {
    const value = Buffer.from(line);
    yield { value, seal: signatures?.of(value) ?? null };
  }
}

/** @throws LetheError `audit-broken` if the chain has a fault or is incomplete */
function refuseBroken<T>({ fault, first }: ChainReader<T>): void {
  if (fault) {
    throw new LetheError('audit-broken', `record ${fault.index} of the chain is invalid: ${fault.message}`, {
      field: `records.${fault.index}`,
      value: fault.problem,
      remedy:
        'Compare with an earlier export or certificate: somebody changed, removed or added records here.',
    });
  }
  if (first !== null && first > 0) {
    throw new LetheError('audit-broken', `the first ${first} records of the chain are missing`, {
      field: 'records.0',
      value: `sequence ${first}`,
      remedy:
        'Keep the audit topic without limit (`lethe topics check`). The memory transport keeps only the newest records.',
    });
  }
}
