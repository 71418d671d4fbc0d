import type { Payload } from '../domain/messages/payload.js';

/** An input of a user, to be sent as a sample or a query. */
export interface InputItem {
  readonly id: string;
  /** The class of a sample; of a query, its truth. */
  readonly label?: string;
  /** Whom a sample is of or about. */
  readonly subject?: string;
  readonly payload: Payload;
}
