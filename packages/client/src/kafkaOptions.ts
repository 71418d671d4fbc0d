/** Where the cluster is, and which Lethe is meant. */
export interface KafkaClientOptions {
  /** `host:port` of some brokers; the others are found through them. */
  readonly brokers: readonly string[];
  readonly clientId?: string;
  /** Connections over TLS: the PEM of the authorities to trust; without `ca` those of the system. */
  readonly ssl?: { readonly ca?: string | readonly string[] };
  readonly sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  };
  /** How long the cluster may take to answer at the start. */
  readonly startTimeoutMs?: number;
  /** Told of connections; a pino logger is one. */
  readonly log?: {
    warn(fields: object, message: string): void;
    debug(fields: object, message: string): void;
  };
  /** `transport.topicPrefix` of that Lethe. */
  readonly topicPrefix?: string;
  /** Its `model.name`. */
  readonly modelName?: string;
  /** Who gives the commands, as the audit chain tells. */
  readonly actor?: string;
}
