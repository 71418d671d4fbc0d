import type { LetheEvent } from 'lethe/internal/domain/messages/event.js';
import { describe, expect, it } from 'vitest';
import { modelsByStep } from '../../../src/demo/runDemo.js';
import type { Protocol } from '../../../src/protocol.js';

const protocol: Protocol = [
  { kind: 'learn', name: 'initial', classes: ['a', 'b'] },
  { kind: 'unlearn', name: 'MU-1', classes: ['a'] },
  { kind: 'learn', name: 'CIL-1', classes: ['c'] },
];

const published = (version: string, task: string, classes: string[]): LetheEvent => ({
  kind: 'model-published',
  model: {
    version,
    task,
    classes,
    checkpoint: `file:///${version}`,
    sha256: '0'.repeat(64),
    dimension: 2,
    backend: 'cpu',
  },
});
const finished = (task: string, modelVersion: string): LetheEvent => ({
  kind: 'task-finished',
  task,
  modelVersion,
  ms: 1,
});

function versions(events: readonly LetheEvent[]): (readonly [string, string])[] {
  const recorded = events.map((message) => ({ message, writtenAt: 0, readAt: 0 }));
  return [...modelsByStep(recorded, protocol)].map(([step, { version }]) => [step, version]);
}

describe('models by step', () => {
  it('a revised model is that of the unlearning, not of the task that the model is named after', () => {
    const revised = {
      kind: 'model-revised',
      modelVersion: 'v2',
      replaces: 'v1',
      without: ['a'],
      how: 'subtracted',
      ms: 1,
    };
    expect(
      versions([
        published('v1', 'initial', ['a', 'b']),
        finished('initial', 'v1'),
        published('v2', 'initial', ['b']),
        revised as LetheEvent,
        published('v3', 'CIL-1', ['b', 'c']),
        finished('CIL-1', 'v3'),
      ]),
    ).toEqual([
      ['initial', 'v1'],
      ['MU-1', 'v2'],
      ['CIL-1', 'v3'],
    ]);
  });

  it('an unlearning without a revision goes on with the model of the task', () => {
    const events = [published('v1', 'initial', ['a', 'b']), finished('initial', 'v1')];
    expect(versions(events)).toEqual([['initial', 'v1']]);
  });
});
