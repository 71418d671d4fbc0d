import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { ChainVerifier, type ReadAuditRecord } from '../domain/auditChain.js';
import { auditHashOf } from '../domain/cloudEvents.js';
import { LetheError } from '../domain/errors.js';
import type { AuditRecord } from '../domain/messages/audit.js';
import { type ConnectionOptions, connect } from './connection.js';
import type { CliIo } from './io.js';
import { keptRecords } from './keptRecords.js';

/**
 * The chain of a running Lethe.
 * @throws LetheError `audit-broken`
 */
export async function verifiedChain(
  options: ConnectionOptions,
  io: CliIo,
): Promise<{ readonly records: AuditRecord[]; readonly verifier: ChainVerifier }> {
  const verifier = new ChainVerifier();
  const records: AuditRecord[] = [];
  for await (const read of chainOf(options, io)) {
    const record = verifier.next(read);
    if (record) records.push(record);
  }
  refuseBroken(verifier);
  return { records, verifier };
}

/** The records of a running Lethe's chain. */
export async function* chainOf(options: ConnectionOptions, io: CliIo): AsyncGenerator<ReadAuditRecord> {
  for (const record of await keptRecords(connect(options, io), 'audit'))
    yield { value: record.value, hash: auditHashOf(record) };
}

/** The records in a file, one a line. */
export async function* chainIn(file: string): AsyncGenerator<ReadAuditRecord> {
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });
  try {
    for await (const line of lines) yield { value: Buffer.from(line) };
  } catch (cause) {
    throw new LetheError('invalid-message', `the file ${file} can't be read`, {
      field: 'file',
      value: file,
      remedy: 'Name a file that `lethe audit export` wrote.',
      cause,
    });
  }
}

/** @throws LetheError `audit-broken` where the chain is wrong somewhere, or not whole */
export function refuseBroken({ fault, first }: ChainVerifier): void {
  if (fault) {
    throw new LetheError('audit-broken', `record ${fault.index} of the chain is wrong: ${fault.message}`, {
      field: `records.${fault.index}`,
      value: fault.problem,
      remedy:
        'Compare with an earlier export or certificate: someone changed, removed or added records here.',
    });
  }
  if (first !== null && first > 0) {
    throw new LetheError('audit-broken', `the first ${first} records of the chain are missing`, {
      field: 'records.0',
      value: `sequence ${first}`,
      remedy:
        'Keep the audit topic without limit (`lethe topics check`); the memory transport keeps its newest only.',
    });
  }
}
