import { describe, expect, it } from 'vitest';
import type { Training } from '../../../src/console/messages.js';
import { trainingAfter, trainingOfOpen } from '../../../src/console/training.js';
import type { LetheEvent } from '../../../src/domain/messages/event.js';

const task = 'animals';
const following = (events: readonly LetheEvent[]): Training | null =>
  events.reduce<Training | null>(trainingAfter, null);
const epoch = (n: number, epochs: number): LetheEvent => ({
  kind: 'task-epoch',
  task,
  epoch: n,
  epochs,
  loss: 1 / n,
  ms: 1,
});
const announced: LetheEvent = { kind: 'task-announced', task, classes: ['cat', 'dog'], samples: 20 };
const started: LetheEvent = { kind: 'task-started', task, classes: ['cat', 'dog'], samples: 20 };

describe('the training that is shown', () => {
  it('follows a task from its announcement to its model', () => {
    expect(following([])).toBeNull();
    expect(following([announced])).toMatchObject({
      task,
      classes: ['cat', 'dog'],
      samples: 20,
      stage: 'arriving',
    });
    const embedded: LetheEvent = { kind: 'task-embedded', task, samples: 20, ms: 1 };
    expect(following([announced, embedded])?.stage).toBe('waiting');
    const training = [announced, embedded, started, epoch(1, 10), epoch(2, 10)];
    expect(following(training)).toMatchObject({ stage: 'training', epoch: 2, epochs: 10, losses: [1, 0.5] });
    const finished: LetheEvent = { kind: 'task-finished', task, modelVersion: 'v1', ms: 1 };
    expect(following([...training, finished])).toMatchObject({
      stage: 'finished',
      modelVersion: 'v1',
      losses: [1, 0.5],
    });
  });

  it('says why a task failed, and begins anew with the next', () => {
    const error = { code: 'task-timeout', message: 'no samples came', remedy: '' } as const;
    const failed = [announced, { kind: 'task-failed', task, error } as const];
    expect(following(failed)).toMatchObject({ stage: 'failed', failure: 'no samples came' });
    expect(following([...failed, { ...announced, task: 'next' }])).toMatchObject({
      task: 'next',
      failure: null,
    });
  });

  it('bounds the curve of losses, however many epochs there are', () => {
    const events = Array.from({ length: 5000 }, (_, index) => epoch(index + 1, 5000));
    const losses = following([started, ...events])?.losses ?? [];
    expect(losses).toHaveLength(200);
    expect(losses.at(-1)).toBe(1 / 5000);
  });

  it('knows of an open task also where its events were missed, and does not give up one that trains for it', () => {
    const open = [{ task, classes: ['cat'], samples: 5 }];
    expect(trainingOfOpen(null, [])).toBeNull();
    expect(trainingOfOpen(null, open)).toMatchObject({ task, stage: 'arriving', samples: 5 });
    const other = following([{ ...started, task: 'other' }]);
    expect(trainingOfOpen(other, open)).toBe(other);
    const over = following([announced, { kind: 'task-finished', task, modelVersion: 'v1', ms: 1 }]);
    expect(trainingOfOpen(over, open)).toBe(over);
    expect(trainingOfOpen(over, [{ task: 'next', classes: [], samples: 1 }])).toMatchObject({ task: 'next' });
  });
});
