import { z } from 'zod';
import { nameSchema } from './normalForm.js';

/** A class label as senders name it: what samples are keyed by. */
export const classNameSchema = nameSchema('Name of a class.');

/**
 * A name that Lethe itself tells: also one that was stored before names had a normal form, which must be readable as it is.
 */
export const knownNameSchema = z.string().min(1);
