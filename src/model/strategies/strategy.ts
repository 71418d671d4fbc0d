import type { ClassRecord } from '../../domain/classes.js';

/** A class that can be answered with: learned, so it has a centroid. */
export type AnswerableClass = Pick<ClassRecord, 'name' | 'count'> & { readonly centroid: Float32Array };

/**
 * An output strategy for inputs of unlearned classes: a distribution over the remaining classes.
 * @param vector the input's unit vector z, shape [dimension]
 * @param remaining the C remaining classes, at least one
 * @returns probabilities in the order of `remaining`, summing to 1
 */
export type Strategy = (vector: Float32Array, remaining: readonly AnswerableClass[]) => number[];
