import { createHash } from 'node:crypto';
import type { AnalyticConfig } from '../analytic/config.js';
import { software } from '../checkpoint/software.js';
import type { SsreConfig } from '../ssre/config.js';
import type { ClassVectors, TrainingTask } from '../trainer.js';

/** To be raised by whoever changes how a task is trained: what was saved before is then no longer gone on from. */
const FORMAT = 3;

/** Everything that determines what a training makes. */
export interface KeyedTask extends TrainingTask {
  readonly dimension: number;
  readonly config: SsreConfig | AnalyticConfig;
  readonly backend: string;
  /** The checkpoint that it is trained on top of. */
  readonly base: { readonly sha256: string } | null;
  /** Classes that the step takes out, and whether it begins from nothing: the analytic learner's. */
  readonly forgotten?: ClassVectors;
  readonly anew?: boolean;
}

/** The name of a training, SHA-256 in hexadecimal: two that have the same name make the same checkpoint. */
export function taskKey(task: KeyedTask): string {
  const description = {
    format: FORMAT,
    software: software(),
    backend: task.backend,
    base: task.base?.sha256 ?? null,
    task: task.task,
    classes: task.classes,
    unlearned: [...task.unlearned].sort(),
    config: task.config,
    dimension: task.dimension,
    count: task.labels.length,
    rehearsal: task.rehearsal ? [task.rehearsal.classes, task.rehearsal.labels.length] : null,
    ...(task.staying && { staying: [task.staying.classes, task.staying.labels.length] }),
    ...(task.forgotten && { forgotten: [task.forgotten.classes, task.forgotten.labels.length] }),
    ...(task.anew && { anew: true }),
  };
  const hash = createHash('sha256').update(`${JSON.stringify(description)}\n`);
  for (const { labels, vectors } of [task, task.rehearsal, task.staying, task.forgotten].filter(
    (part) => part !== undefined,
  ))
    hash.update(bytesOf(labels)).update(bytesOf(vectors));
  return hash.digest('hex');
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
