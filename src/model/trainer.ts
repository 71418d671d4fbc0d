import type { ModelVersion } from '../domain/messages/model.js';

/** Classes with their vectors. */
export interface ClassVectors {
  /** In the order in which `labels` counts them. */
  readonly classes: readonly string[];
  /** Unit vectors, shape [n, dimension]. */
  readonly vectors: Float32Array;
  /** Index into `classes` for each vector; n entries. */
  readonly labels: Int32Array;
}

/** Vectors of classes learned before, out of DB-CIL; none of the classes is unlearned. */
export type Rehearsal = ClassVectors;

/** One learning step: its classes are new. */
export interface TrainingTask extends ClassVectors {
  readonly task: string;
  /** Classes unlearned so far: training does not replay them, and the selection weights and the softmax exclude them. */
  readonly unlearned: readonly string[];
  /** What the task is rehearsed with after it was learned; left out, only prototypes stand for the old classes. */
  readonly rehearsal?: Rehearsal;
  /** Some vectors of every class learned before, to calibrate with: see {@link Trainer.calibration}. */
  readonly staying?: ClassVectors;
}

/** Progress of a training run. */
export interface TrainingProgress {
  readonly epoch: number;
  readonly epochs: number;
  readonly loss: number;
  /** Milliseconds since the start of the task. */
  readonly ms: number;
}

/** Something of note about a training run, beside its progress. */
export type TrainingNotice =
  /** The same task was trained before and its checkpoint is whole: nothing is trained. */
  | { readonly kind: 'found'; readonly version: string }
  /** A run that broke off after this epoch goes on. */
  | { readonly kind: 'resumed'; readonly epoch: number }
  /** A run broke off, but what it saved is damaged: training starts from the beginning. */
  | { readonly kind: 'restarted'; readonly reason: string }
  /** Progress can't be saved: training goes on, but a crash would cost all of it. Told once a task. */
  | { readonly kind: 'unsaved'; readonly reason: string };

/** A change of what a model knows, without a new task. */
export interface Revision {
  /** Classes to be taken out of the model, with exactly the vectors that they were learned with. */
  readonly forgotten: ClassVectors;
  /** Classes to be put (back) into it. */
  readonly returned: ClassVectors;
  /** Some vectors of every class that stays in it, to calibrate with: see {@link Trainer.calibration}. */
  readonly staying?: ClassVectors;
  /** Whether the model is to be made of `returned` alone, whatever it knew before; then `forgotten` names no class. */
  readonly anew?: boolean;
}

/** Trains one task after the other, outside the event loop of the caller. */
export interface Trainer {
  /** What trains, e.g. a tfjs backend. */
  readonly backend: string;
  /** What a task should bring of every class learned before: so many vectors at most, drawn with this seed. */
  readonly rehearsal?: { readonly perClass: number; readonly seed: number };
  /**
   * How many vectors of every class that stays in a model a step should bring, to calibrate with, where the model will know so
   * many classes: those first by their content.
   */
  readonly calibration?: (classes: number) => number;
  /** Trains the task on top of what was trained before and writes a checkpoint. */
  train(task: TrainingTask, onProgress: (progress: TrainingProgress) => void): Promise<ModelVersion>;
  /**
   * Takes classes out of the model, or puts them back, exactly: of learners that can. It takes its turn among the tasks.
   * @param onProgress told once, when the new weights are there
   * @throws LetheError `training-failed` with a field `forgotten...` where the vectors are not those that were learned
   */
  revise?(revision: Revision, onProgress?: (progress: TrainingProgress) => void): Promise<ModelVersion>;
  /** Stops the worker; a task in training is abandoned (its promise rejects). */
  close(): Promise<void>;
}

/** Makes models from nothing, beside those that the tasks go on from. */
export interface Rebuilder {
  /**
   * Trains all these classes as a first task, from nothing: whatever other models saw does not get in. The tasks that
   * follow are trained on top of the model before, until this one is adopted.
   */
  rebuild(task: TrainingTask, onProgress: (progress: TrainingProgress) => void): Promise<ModelVersion>;
  /** The tasks that follow are trained on top of this model, which `rebuild` made last. */
  adopt(model: ModelVersion): void;
}
