import type { LetheError } from '../domain/errors.js';
import type { Payload } from '../domain/messages/payload.js';

/** A line says what its writer meant to send; a file may lie in a folder by chance. */
export type InputKind = 'file' | 'line';

/** An input of a user, to be sent as a sample or a query. */
export interface InputItem {
  readonly id: string;
  /** Where it comes from: its file, or the line of one. */
  readonly place: string;
  readonly kind: InputKind;
  /** The class of a sample; of a query, its truth. */
  readonly label?: string;
  /** Whom a sample is of or about. */
  readonly subject?: string;
  readonly payload: Payload;
}

/** What can't be sent, and why. */
export interface UnusableInput {
  readonly place: string;
  readonly kind: InputKind;
  /** Its class, as far as that can be told. */
  readonly label?: string;
  readonly error: LetheError;
}

/** What lies at a place. */
export type FoundInput = { readonly item: InputItem } | { readonly unusable: UnusableInput };

/** What reading inputs may cost. */
export interface InputLimits {
  /** A larger file is not read. */
  readonly maxBytes: number;
}
