import { LetheError, type ReasonCode } from '../../domain/errors.js';
import type { TrainingTask } from '../trainer.js';

/**
 * Refuses a task that can't be trained: every class must be new and have vectors, every vector a label.
 * @param known classes that the model has
 * @throws LetheError `class-known`, `wrong-dimension` or `training-failed`
 */
export function checkTask(task: TrainingTask, dimension: number, known: readonly string[]): void {
  const { classes, vectors, labels } = task;
  const again = classes.find((name, index) => known.includes(name) || classes.indexOf(name) !== index);
  if (again !== undefined) {
    throw refused(
      'class-known',
      `class ${again} is already known`,
      'classes',
      again,
      'Give only new classes.',
    );
  }
  if (vectors.length !== labels.length * dimension) {
    throw refused(
      'wrong-dimension',
      `${vectors.length} numbers are not ${labels.length} vectors of ${dimension} components`,
      'vectors',
      String(vectors.length),
      `Send vectors of ${dimension} components, as many as labels.`,
    );
  }
  const counts = new Uint32Array(classes.length);
  for (const label of labels) {
    if (label < 0 || label >= classes.length) {
      throw refused(
        'training-failed',
        `label ${label} is not one of the task's ${classes.length} classes`,
        'labels',
        String(label),
        'Number the classes of the task from 0.',
      );
    }
    counts[label] = (counts[label] ?? 0) + 1;
  }
  const empty = counts.indexOf(0);
  if (classes.length === 0 || empty >= 0) {
    throw refused(
      'training-failed',
      classes.length === 0 ? 'the task has no class' : `class ${classes[empty]} has no vectors`,
      'labels',
      String(classes[empty]),
      'Send samples of every class of the task.',
    );
  }
}

function refused(
  code: ReasonCode,
  message: string,
  field: string,
  value: string,
  remedy: string,
): LetheError {
  return new LetheError(code, message, { field, value, remedy });
}
