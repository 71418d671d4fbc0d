/** The messages of the console's feed. Types only: the page is built with them. */
import type { LetheEvent } from '../domain/messages/event.js';
import type { FilterEvidence, Prediction } from '../domain/messages/prediction.js';
import type { ModelKnowledge } from '../domain/status.js';

/** The current knowledge of this worker. */
export interface Knowledge extends ModelKnowledge {
  readonly role: 'learn' | 'infer' | 'all';
  /** Tasks whose samples arrive, or that train. */
  readonly tasks: readonly OpenTask[];
  /** Whether a command needs the token. */
  readonly token: boolean;
}

export interface OpenTask {
  readonly task: string;
  readonly classes: readonly string[];
  /** How many samples were promised. */
  readonly samples: number;
}

/** Places of a sample of the vectors in the plane, 0 to 65,535 on both axes. */
export interface VectorMap {
  /** Names that the points refer to by their index. */
  readonly classes: readonly string[];
  /** Little-endian Uint16 in base64, three for each point: class, x, y. A point keeps its row while its class stays. */
  readonly points: string;
  /** How many vectors there are, and how many of them are drawn. */
  readonly vectors: number;
  readonly drawn: number;
}

/** An answer that is shown; others are only counted. */
export interface Answer {
  readonly id: string;
  /** When it was made, in milliseconds since the epoch. */
  readonly at: number;
  /** The class; null if the input resembles nothing known. */
  readonly label: string | null;
  /** Of the label; null without a label. */
  readonly probability: number | null;
  readonly route: Prediction['route'];
  readonly truth: string | null;
  readonly latencyMs: number | null;
  readonly evidence: FilterEvidence;
  /** WebP in base64; null if the query was a vector. */
  readonly image: string | null;
}

/** Answers of the last second, by route. */
export interface Rate {
  readonly perSecond: number;
  readonly routes: Readonly<Partial<Record<Prediction['route'], number>>>;
}

/** The newest task's way. */
export interface Training {
  readonly task: string;
  readonly classes: readonly string[];
  /** How many samples were promised. */
  readonly samples: number;
  readonly stage: 'arriving' | 'waiting' | 'training' | 'finished' | 'failed';
  readonly epoch: number;
  readonly epochs: number;
  /** Of epochs evenly over the training, at most 200. */
  readonly losses: readonly number[];
  readonly modelVersion: string | null;
  /** Why it failed. */
  readonly failure: string | null;
}

/** A line of the timeline. */
export type Told =
  | {
      readonly of: 'command';
      readonly at: number;
      readonly id: string;
      readonly actor: string | null;
      readonly kind: string;
      /** Its classes or other subject. */
      readonly about: string;
    }
  | { readonly of: 'event'; readonly at: number; readonly event: LetheEvent };

/** States: the newest of a kind is all there is to know. */
export type StateMessage =
  | { readonly kind: 'knowledge'; readonly data: Knowledge }
  | { readonly kind: 'map'; readonly data: VectorMap }
  | { readonly kind: 'rate'; readonly data: Rate }
  | { readonly kind: 'training'; readonly data: Training | null };

/** Messages of which each counts; some of each kind are kept for later pages. */
export type Happening =
  | { readonly kind: 'answer'; readonly data: Answer }
  | { readonly kind: 'told'; readonly data: Told };

/** Happenings that this page will not get, since it was too slow or away for too long. */
export interface Missed {
  readonly kind: 'missed';
  readonly data: { readonly count: number };
}

export type FeedMessage = StateMessage | Happening | Missed;
