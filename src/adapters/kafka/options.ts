import type { Loss } from '../eventLog.js';
import type { Framing } from './schemaRegistry/framing.js';

/** Credentials of connections. */
export interface KafkaSasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

/** TLS connections. Without `ca`, the certificates of the system are trusted. */
export interface KafkaSsl {
  /** Certificates of the authorities to trust, as PEM. */
  readonly ca?: string | readonly string[];
}

export type Compression = 'none' | 'gzip' | 'lz4' | 'zstd' | 'snappy';

/** The part of a pino logger that the adapter uses. */
export interface KafkaLogger {
  warn(fields: object, message: string): void;
  debug(fields: object, message: string): void;
}

/** How to reach a cluster. */
export interface KafkaConnectionOptions {
  /** `host:port` of some brokers; the others are found through them. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly ssl?: KafkaSsl;
  readonly sasl?: KafkaSasl;
  /** How long the cluster may take to answer at the start; after that, it is a configuration error. */
  readonly startTimeoutMs: number;
  /** Topics that existed at the start: if one is missing later, the log waits for it. */
  readonly topicsExist?: readonly string[];
  readonly log?: KafkaLogger;
}

export interface KafkaLogOptions extends KafkaConnectionOptions {
  /** Whether outputs and positions are written in one transaction, or one after the other. */
  readonly delivery: 'exactly-once' | 'at-least-once';
  /** Prefix of transactional ids; workers that share groups must share it, e.g. `lethe-<model>`. */
  readonly transactionalIdPrefix: string;
  readonly compression: Compression;
  /** How long `publish` waits for more records for a batch. */
  readonly lingerMs: number;
  /** Largest size of a batch; a larger record is sent alone. */
  readonly batchBytes: number;
  /** A worker that is silent for this long loses its partitions. */
  readonly sessionTimeoutMs: number;
  /** How JSON values are framed, if a schema registry is used. */
  readonly framing?: Framing;
  /** Called when the cluster cannot carry out requests, when the reason changes, and when it can again. */
  readonly onConnection?: (connected: boolean, why?: string) => void;
  /** Called for records that were deleted before a group read them; reading continues after them. */
  readonly onLoss?: (loss: Loss) => void;
}
