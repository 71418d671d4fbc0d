import { z } from 'zod';
import type { SsreConfig } from '../ssre/config.js';
import type { SsreState } from '../ssre/network.js';

/** A state of SSRE with where it came from. */
export interface Checkpoint {
  readonly state: SsreState;
  /** The task that was trained last. */
  readonly task: string;
  /** The settings with which it was trained. */
  readonly config: SsreConfig;
  /** tfjs backend on which it was trained. */
  readonly backend: string;
}

/** The name of a checkpoint, e.g. `v0003-1f0c93ab`: number of tasks, start of the manifest's hash. Safe in paths. */
export const versionSchema = z.string().regex(/^v\d{4,}-[0-9a-f]{8}$/);

/** A checkpoint in its place. */
export interface StoredCheckpoint {
  /** As {@link versionSchema} says; also the name of its folder. */
  readonly version: string;
  readonly folder: string;
  /** SHA-256 of the manifest, which holds those of the other files. */
  readonly sha256: string;
}
