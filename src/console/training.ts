import type { LetheEvent } from '../domain/messages/event.js';
import type { OpenTask, Training } from './messages.js';

/** Points of the curve of losses. */
const LOSSES = 200;

/** What is known of the newest task's training after an event; null before the first task. */
export function trainingAfter(training: Training | null, event: LetheEvent): Training | null {
  switch (event.kind) {
    case 'task-announced':
      return { ...fresh(event.task), classes: event.classes, samples: event.samples };
    case 'task-embedded':
      return { ...of(training, event.task), samples: event.samples, stage: 'waiting' };
    case 'task-started': {
      const { task, classes, samples } = event;
      return { ...of(training, task), classes, samples, stage: 'training', epoch: 0, losses: [] };
    }
    case 'task-epoch': {
      const { task, epoch, epochs, loss } = event;
      const known = of(training, task);
      const losses = isShown(epoch, epochs) ? [...known.losses, loss] : known.losses;
      return { ...known, stage: 'training', epoch, epochs, losses };
    }
    case 'task-finished':
      return { ...of(training, event.task), stage: 'finished', modelVersion: event.modelVersion };
    case 'task-failed':
      return { ...of(training, event.task), stage: 'failed', failure: event.error.message };
    default:
      return training;
  }
}

/** As {@link trainingAfter}, where open tasks are all that is known: a page that comes late missed their events. */
export function trainingOfOpen(training: Training | null, tasks: readonly OpenTask[]): Training | null {
  const [first] = tasks;
  const isOver = training === null || training.stage === 'finished' || training.stage === 'failed';
  return isOver && first && first.task !== training?.task ? { ...fresh(first.task), ...first } : training;
}

function of(training: Training | null, task: string): Training {
  return training?.task === task ? training : fresh(task);
}

function fresh(task: string): Training {
  return {
    task,
    classes: [],
    samples: 0,
    stage: 'arriving',
    epoch: 0,
    epochs: 0,
    losses: [],
    modelVersion: null,
    failure: null,
  };
}

function isShown(epoch: number, epochs: number): boolean {
  return Math.floor((epoch * LOSSES) / epochs) > Math.floor(((epoch - 1) * LOSSES) / epochs);
}
