import type { FailedReply } from '../../model/embedder/answeringThread.js';
import type { PlanePoint } from '../../model/projection.js';

/** What the projector's thread is told at its start. */
export interface ProjectorSettings {
  readonly seed: number;
  /** Components of the vectors. */
  readonly dimension: number;
}

/** Vectors one after the other, in a buffer that changes hands. */
export type ProjectorRequest =
  /** Makes a plane from the rows named and lays the others into it. */
  | { readonly kind: 'fit'; readonly vectors: Float32Array<ArrayBuffer>; readonly rows: readonly number[] }
  /** Lays vectors into the plane that is there. */
  | { readonly kind: 'place'; readonly vectors: Float32Array<ArrayBuffer> };

export interface ProjectorAnswer {
  readonly ok: true;
  /** In the order of the vectors. */
  readonly points: readonly PlanePoint[];
}
export type ProjectorReply = ProjectorAnswer | FailedReply;
