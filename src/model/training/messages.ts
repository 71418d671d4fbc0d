import type { SerialisedError } from '../../domain/errors.js';
import type { ModelVersion } from '../../domain/messages/model.js';
import type { AnalyticConfig } from '../analytic/config.js';
import type { SsreConfig } from '../ssre/config.js';
import type { TensorflowBackend, TriedBackend } from '../tensorflow/loadTensorflow.js';
import type { TrainingNotice, TrainingProgress } from '../trainer.js';

/** Which learner is trained, with its settings. */
export type LearnerSettings = { readonly ssre: SsreConfig } | { readonly analytic: AnalyticConfig };

/** Classes and number of vectors that will come. */
interface AnnouncedVectors {
  readonly classes: readonly string[];
  readonly count: number;
}

/** What the parent tells the training process. Vectors go in chunks, each acknowledged before the next. */
export type ToWorker =
  | {
      readonly kind: 'start';
      readonly settings: LearnerSettings;
      readonly backend: 'auto' | TensorflowBackend;
      readonly checkpoints: string;
    }
  | {
      readonly kind: 'task';
      readonly task: string;
      readonly classes: readonly string[];
      readonly unlearned: readonly string[];
      readonly dimension: number;
      /** Number of vectors of the task that will come. */
      readonly count: number;
      /** What will come after them, to be rehearsed. */
      readonly rehearsal: AnnouncedVectors | null;
      /** Likewise some of classes that stay, to calibrate with, after them. */
      readonly staying: AnnouncedVectors | null;
      /** Likewise those that are to be forgotten, after them. */
      readonly forgotten: AnnouncedVectors | null;
      /** Whether what the model knew before is dropped. */
      readonly anew: boolean;
      /** Checkpoint that the task is trained on top of. */
      readonly base: { readonly folder: string; readonly sha256: string } | null;
    }
  | { readonly kind: 'chunk'; readonly vectors: Float32Array; readonly labels: Int32Array };

/** What a training process computes with. */
export interface Computing {
  readonly backend: string;
  /** Faster backends that were tried before, with the reasons why they are not used. */
  readonly tried: readonly TriedBackend[];
}

/** What the training process answers. */
export type FromWorker =
  | ({ readonly kind: 'ready' } & Computing)
  | { readonly kind: 'more' }
  | { readonly kind: 'progress'; readonly progress: TrainingProgress }
  | { readonly kind: 'notice'; readonly notice: TrainingNotice }
  | { readonly kind: 'done'; readonly model: ModelVersion }
  | { readonly kind: 'failed'; readonly error: SerialisedError; readonly retriable: boolean };
