/** Records of the audit topic, as CloudEvents like the others. */
import { sha256 } from '../domain/auditChain.js';
import { toRecord } from '../domain/cloudevents/envelope.js';
import { TYPES } from '../domain/cloudevents/types.js';
import { type LogRecord, type OutgoingRecord, positionOf } from '../domain/record.js';
import type { Topics } from '../domain/topics.js';
import type { ReadAuditRecord } from './auditChainReader.js';
import type { Seal } from './auditSeal.js';

/** A record of the audit chain, with its hash and an optional signature in headers. */
export function encodeAuditRecord(
  value: Buffer,
  sequence: number,
  modelName: string,
  topics: Topics,
  seal?: Seal,
): OutgoingRecord {
  return toRecord({
    topic: topics.audit,
    key: modelName,
    id: `${modelName}-${sequence}`,
    type: TYPES.audit,
    source: '/lethe/audit',
    contentType: 'application/json',
    data: value,
    extensions: { sha256: sha256(value), keyid: seal?.key, signature: seal?.signature },
  });
}

/** A record of the audit chain with its headers, for a reader of the chain. */
export function readAuditRecord(record: LogRecord): ReadAuditRecord {
  const { ce_sha256: hash, ce_keyid: key, ce_signature: signature } = record.headers;
  return {
    value: record.value,
    hash: hash ?? null,
    // One half alone is what is left of a signature: it counts as a wrong one.
    seal:
      key === undefined && signature === undefined ? null : { key: key ?? '', signature: signature ?? '' },
    position: positionOf(record),
  };
}
