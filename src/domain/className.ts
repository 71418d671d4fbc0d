import { z } from 'zod';
import { nameSchema } from './normalForm.js';

/** A class label as senders name it: what samples are keyed by. */
export const classNameSchema = nameSchema('Name of a class.');

/**
 * A name in output of Lethe itself. It may also be one that was stored before names had a normal form, and must be
 * readable unchanged.
 */
export const knownNameSchema = z.string().min(1);
