import type { LetheError } from '../domain/errors.js';
import type { Payload } from '../domain/messages/payload.js';
import type { Takes } from '../domain/takes.js';

/** A line is sent on purpose; a file may be in a folder by accident. */
export type InputKind = 'file' | 'line';

/** An input of a user, to be sent as a sample or a query. */
export interface InputItem {
  readonly id: string;
  /** Its origin: a file, or a line of one. */
  readonly place: string;
  readonly kind: InputKind;
  /** The class of a sample; of a query, its truth. */
  readonly label?: string;
  /** Whom a sample is of or about. */
  readonly subject?: string;
  readonly payload: Payload;
}

/** An invalid input, and the reason. */
export interface UnusableInput {
  readonly place: string;
  readonly kind: InputKind;
  /** Its class, as far as that can be told. */
  readonly label?: string;
  readonly error: LetheError;
}

/** The input at a place. */
export type FoundInput = { readonly item: InputItem } | { readonly unusable: UnusableInput };

/** Limits for reading inputs. */
export interface InputLimits {
  /** A larger file is not read. */
  readonly maxBytes: number;
  /** What the files are for: texts, or images, which is the default. */
  readonly takes?: Takes;
}
