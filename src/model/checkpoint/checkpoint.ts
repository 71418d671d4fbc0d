import { z } from 'zod';
import { LetheError } from '../../domain/errors.js';
import type { AnalyticConfig } from '../analytic/config.js';
import type { AnalyticState } from '../analytic/state.js';
import type { SsreConfig } from '../ssre/config.js';
import type { SsreState } from '../ssre/network.js';

/** The origin of a state. */
interface Origin {
  /** The task that was trained last. */
  readonly task: string;
  /** The backend that computed it, e.g. one of tfjs. */
  readonly backend: string;
}

/** A state of SSRE with the settings with which it was trained. */
export interface SsreCheckpoint extends Origin {
  readonly learner: 'ssre';
  readonly state: SsreState;
  readonly config: SsreConfig;
}

/** A state of the analytic learner with its settings. */
export interface AnalyticCheckpoint extends Origin {
  readonly learner: 'analytic';
  readonly state: AnalyticState;
  readonly config: AnalyticConfig;
}

/** Everything that a learner knows after a task. */
export type Checkpoint = SsreCheckpoint | AnalyticCheckpoint;
export type Learner = Checkpoint['learner'];

/**
 * A checkpoint of this learner.
 * @throws LetheError `config-invalid` if another learner made it
 */
export function madeBy<L extends Learner>(
  learner: L,
  checkpoint: Checkpoint,
): Extract<Checkpoint, { readonly learner: L }> {
  const isOwn = (each: Checkpoint): each is Extract<Checkpoint, { readonly learner: L }> =>
    each.learner === learner;
  if (isOwn(checkpoint)) return checkpoint;
  throw new LetheError(
    'config-invalid',
    `the learner ${learner} can't continue from a model of the learner ${checkpoint.learner}`,
    {
      field: 'learning.learner',
      value: learner,
      remedy: `Set learning.learner to ${checkpoint.learner}, or start with a new model.name and empty stores.`,
    },
  );
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
