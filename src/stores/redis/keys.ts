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
  /** Grows whenever {@link segments} changes. */
  readonly layoutVersion: string;
  /** HASH `database:class` -> numbers of the segments with its vectors; `gone` -> segments to be swept. */
  readonly segments: string;
  /** ZSETs of entity ids in the order in which they were first seen. */
  readonly classes: string;
  readonly tasks: string;
  /** HASH: entity id of the model that answers, the filter and its level. */
  readonly current: string;
  readonly vectors: string;
  readonly vectorIndex: string;

  constructor(model: string) {
    this.prefix = `lethe:{${entityId(model)}}:`;
    this.version = `${this.prefix}version`;
    this.layoutVersion = `${this.prefix}layoutVersion`;
    this.segments = `${this.prefix}segments`;
    this.classes = `${this.prefix}classes`;
    this.tasks = `${this.prefix}tasks`;
    this.current = `${this.prefix}current`;
    this.vectors = `${this.prefix}vector:`;
    this.vectorIndex = `${this.prefix}vectors`;
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

  /** SET of the positions of a task's refused samples. */
  refused(task: string): string {
    return `${this.prefix}refused:${entityId(task)}`;
  }
}

/** A name of any characters as an id that no separator of keys occurs in. */
export function entityId(name: string): string {
  // By way of bytes, since encodeURIComponent throws on half of a surrogate pair.
  return encodeURIComponent(Buffer.from(name).toString());
}
