import { z } from 'zod';

/** Ids of samples, queries and commands: chosen by the producer, unique for ever. */
export const idSchema = z.string().min(1).max(200);
/** Whom a sample is of or about, e.g. a customer or a patient: what it is unlearned by. */
export const subjectSchema = z.string().min(1).max(200);
/** A task's name. */
export const taskNameSchema = z.string().min(1).max(200);
