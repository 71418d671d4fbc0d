import type { ClassState } from './classes.js';
import type { Takes } from './takes.js';

/** What is known of a class. */
export interface KnownClass {
  readonly name: string;
  readonly state: ClassState;
  readonly task: string;
  readonly vectors: number;
}

/** What a model knows at a moment: what `lethe status` and the console show. */
export interface ModelKnowledge {
  /** Of the model. */
  readonly name: string;
  readonly embedder: string;
  /** Components of its vectors. */
  readonly dimension: number;
  /** What it embeds; vectors are accepted in addition. */
  readonly takes: Takes;
  /** The model that answers now; null before the first task. */
  readonly model: {
    readonly version: string;
    readonly classes: readonly string[];
    readonly backend: string;
  } | null;
  readonly registryVersion: number;
  readonly classes: readonly KnownClass[];
  /** Vectors by database. */
  readonly databases: { readonly cil: number; readonly mu: number };
}
