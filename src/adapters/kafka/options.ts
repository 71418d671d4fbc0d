import type { Loss } from '../eventLog.js';
import type { Framing } from './schemaRegistry/framing.js';

/** How connections prove who they are. */
export interface KafkaSasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

/** Connections over TLS. Without `ca` the certificates of the system decide whom to trust. */
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
  /** How long the cluster may take to answer at the start before that is an error of the configuration. */
  readonly startTimeoutMs: number;
  /** Topics that were there when it started: one that is missing later is waited for. */
  readonly topicsExist?: readonly string[];
  readonly log?: KafkaLogger;
}

export interface KafkaLogOptions extends KafkaConnectionOptions {
  /** Whether outputs and positions are written in one transaction, or one after the other. */
  readonly delivery: 'exactly-once' | 'at-least-once';
  /** Transactional ids begin with it; those who share groups have to share it, e.g. `lethe-<model>`. */
  readonly transactionalIdPrefix: string;
  readonly compression: Compression;
  /** How long `publish` waits for more records that travel together. */
  readonly lingerMs: number;
  /** At most so many bytes travel together; a larger record travels alone. */
  readonly batchBytes: number;
  /** A worker that is silent for so long loses its partitions. */
  readonly sessionTimeoutMs: number;
  /** How JSON values are wrapped, where a schema registry is used. */
  readonly framing?: Framing;
  /** Told when the cluster can't do what is asked of it, when the reason changes, and when it can again. */
  readonly onConnection?: (connected: boolean, why?: string) => void;
  /** Told of records that were deleted before a group read them; reading goes on behind them. */
  readonly onLoss?: (loss: Loss) => void;
}
