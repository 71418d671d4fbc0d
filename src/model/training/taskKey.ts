import { createHash } from 'node:crypto';
import { software } from '../checkpoint/software.js';
import type { SsreConfig } from '../ssre/config.js';
import type { TrainingTask } from '../trainer.js';

/** To be raised by whoever changes how a task is trained: what was saved before is then no longer gone on from. */
const FORMAT = 2;

/** Everything that determines what a training makes. */
export interface KeyedTask extends TrainingTask {
  readonly dimension: number;
  readonly config: SsreConfig;
  readonly backend: string;
  /** The checkpoint that it is trained on top of. */
  readonly base: { readonly sha256: string } | null;
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
  };
  return createHash('sha256')
    .update(`${JSON.stringify(description)}\n`)
    .update(bytesOf(task.labels))
    .update(bytesOf(task.vectors))
    .update(task.rehearsal ? bytesOf(task.rehearsal.labels) : '')
    .update(task.rehearsal ? bytesOf(task.rehearsal.vectors) : '')
    .digest('hex');
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
