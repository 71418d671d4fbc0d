/** The kinds of entities, each a HASH that redis-om reads. */
export type EntityKind = 'class' | 'task' | 'model' | 'receipt';

/**
 * The names of everything that a deployment keeps in Redis. All carry one hash tag, so that a Redis Cluster keeps them
 * on one node and a script may change several of them at once.
 */
export class Keys {
  /** What every key begins with. */
  readonly prefix: string;
  /** Grows by one with every change of the registry. */
  readonly version: string;
  /** The newest version known of, while a store that went back is brought forward: nobody else reads meanwhile. */
  readonly behind: string;
  /** HASH with the report of how the store was last brought forward, until it is written to Kafka. */
  readonly forward: string;
  /** Run id of the server that the learner looked at last. */
  readonly verified: string;
  /** Grows whenever {@link segments} changes. */
  readonly layoutVersion: string;
  /** HASH `database:class` -> numbers of the segments with its vectors; `gone` -> segments to be swept. */
  readonly segments: string;
  /** ZSETs of entity ids in the order in which they were first seen. */
  readonly classes: string;
  readonly tasks: string;
  /** HASH holder id -> a holder of copies of models, as JSON. */
  readonly holders: string;
  /** HASH holder id -> when the holder was last seen before it was declared gone. */
  readonly holdersGone: string;
  /** HASH: entity id of the model that answers, the filter and its level, SHA-256 of the detector. */
  readonly current: string;
  /** The detector that {@link current} names. */
  readonly detector: string;
  /** HASH with the embedder that made the vectors. */
  readonly embedder: string;
  readonly vectors: string;
  readonly vectorIndex: string;
  /** Alias of {@link vectorIndex}, which it has as soon as it holds all vectors. */
  readonly wholeIndex: string;

  constructor(model: string) {
    this.prefix = `lethe:{${entityId(model)}}:`;
    this.version = `${this.prefix}version`;
    this.behind = `${this.prefix}behind`;
    this.forward = `${this.prefix}forward`;
    this.verified = `${this.prefix}verified`;
    this.layoutVersion = `${this.prefix}layoutVersion`;
    this.segments = `${this.prefix}segments`;
    this.classes = `${this.prefix}classes`;
    this.tasks = `${this.prefix}tasks`;
    this.holders = `${this.prefix}holders`;
    this.holdersGone = `${this.prefix}holdersGone`;
    this.current = `${this.prefix}current`;
    this.detector = `${this.prefix}detector`;
    this.embedder = `${this.prefix}embedder`;
    this.vectors = `${this.prefix}vector:`;
    this.vectorIndex = `${this.prefix}vectors`;
    this.wholeIndex = `${this.vectorIndex}:whole`;
  }

  vector(id: string): string {
    return this.vectors + id;
  }

  /** SET of the ids of the vectors in a segment. */
  segment(number: string): string {
    return `${this.prefix}segment:${number}`;
  }

  entity(kind: EntityKind, name: string): string {
    return `${this.prefix}${kind}:${entityId(name)}`;
  }

  /** SET of the ids of a subject's vectors. */
  subject(subject: string): string {
    return `${this.prefix}subject:${entityId(subject)}`;
  }

  /** SET of the ids of vectors that were withdrawn. */
  get withdrawn(): string {
    return `${this.prefix}withdrawn`;
  }

  /** SET of the ids of a task's samples that were refused and not stored since. */
  refusedIds(task: string): string {
    return `${this.prefix}refusedIds:${entityId(task)}`;
  }

  /** SET of the positions of a task's refused samples that can't be told by an id. */
  refused(task: string): string {
    return `${this.prefix}refused:${entityId(task)}`;
  }
}

/** A name of any characters as an id that no separator of keys occurs in. */
export function entityId(name: string): string {
  // By way of bytes, since encodeURIComponent throws on half of a surrogate pair.
  return encodeURIComponent(Buffer.from(name).toString());
}
