/** How vectors are searched. */
export interface RedisIndexOptions {
  /** `flat`: exact. `hnsw`: approximate, and faster to search where there are very many vectors. */
  readonly algorithm: 'flat' | 'hnsw';
  /** HNSW: links of each node. */
  readonly m: number;
  /** HNSW: candidates looked at when a vector is inserted. */
  readonly efConstruction: number;
  /** HNSW: candidates looked at when neighbours are searched. */
  readonly efRuntime: number;
  /** Stored precision; `float16` halves the memory. */
  readonly type: 'float32' | 'float16';
}

/**
 * What Redis can lack while it is connected. `replies`: it loads its data, is busy or without its cluster; `writes`: it is out
 * of memory, can't write to its disk, or is a replica; `index`: the vectors' index is gone, not whole yet or another one;
 * `data`: what lies there is not what Lethe wrote; `history`: it holds an older state than was told of;
 * `durability`: what was changed is not on its disk, or its replicas, yet.
 */
export type RedisNeed = 'replies' | 'writes' | 'index' | 'data' | 'history' | 'durability';

/** What a change has to have reached before anyone is told of it. */
export interface Durable {
  /** The disk of Redis: its append-only file, as far as there is one (WAITAOF). */
  readonly disk: boolean;
  /** So many replicas (WAIT). */
  readonly replicas: number;
}

/** What {@link createRedisStore} needs to know. */
export interface RedisStoreOptions {
  /** `redis://host:port` or `rediss://host:port` for TLS. */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  /** Speaks TLS, also where the URL says `redis://`. */
  readonly tls?: {
    /** Path of the certificate authority's PEM file; that of the system by default. */
    readonly ca?: string;
  };
  /** Deployments of different models share a Redis without seeing each other. */
  readonly model: string;
  /** Components of every vector. */
  readonly dimension: number;
  /** What makes them: a Redis with vectors of another embedder is refused. Without it, only the dimension is compared. */
  readonly embedder?: {
    readonly name: string;
    readonly fingerprint?: string;
    /** Whether this worker notes it in Redis; those that only answer have no right to write. */
    readonly isNoted: boolean;
  };
  readonly index: RedisIndexOptions;
  /** What a change has to have reached before it counts as done; nothing by default. */
  readonly durable?: Durable;
  /** How long the first connection may take, in milliseconds. */
  readonly startTimeoutMs?: number;
  /** A Redis that answers nothing for that long is taken for lost, in milliseconds. */
  readonly silenceTimeoutMs?: number;
  /** A learner that is silent for that long may be replaced by a standby, in milliseconds. */
  readonly leaseMs?: number;
  /** Told when Redis becomes reachable or, with the reason, unreachable. */
  readonly onConnection?: (connected: boolean, why?: string) => void;
  /** Told, with the reason, when something waits for what Redis lacks; null where nothing does any more. */
  readonly onWaiting?: (need: RedisNeed, why: string | null) => void;
  /** Told what a user should know but need not stop for. */
  readonly warn?: (text: string) => void;
}
