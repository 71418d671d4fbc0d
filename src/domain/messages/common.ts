import { z } from 'zod';
import { nameSchema, normalForm } from '../normalForm.js';

/** Ids of samples, queries and commands: chosen by the producer, unique for ever. */
export const idSchema = nameSchema('An id, unique for ever.');
/** Whom a sample is of or about, e.g. a customer or a patient: what it is unlearned by. */
export const subjectSchema = nameSchema('The person or entity that a sample belongs to.');
/**
 * An id or a subject by which samples are to be forgotten. Let through as it is: what was stored before names had a normal form
 * must still be found; see src/forgetting/unlearnSamples.ts for what is not found.
 */
export const soughtSchema = z.string().min(1).max(400).overwrite(normalForm);
/** A task's name. */
export const taskNameSchema = nameSchema('Name of a task.');
