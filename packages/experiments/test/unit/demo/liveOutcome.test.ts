import type { LetheEvent } from 'lethe/internal/domain/messages/event.js';
import type { Prediction } from 'lethe/internal/domain/messages/prediction.js';
import { describe, expect, it } from 'vitest';
import { latencySamples, liveOutcome } from '../../../src/demo/liveOutcome.js';
import { learningTimes, timelineOf, unlearningMs } from '../../../src/demo/timeline.js';
import type { ProtocolStep } from '../../../src/protocol.js';

const at = <T>(writtenAt: number, message: T) => ({ message, writtenAt, readAt: writtenAt });
const error = { code: 'internal' as const, message: '', remedy: '' };

/** Embedding from 1,000 to 3,000, waiting to 3,500, training to 5,000; an unlearning at 6,000. */
const events = [
  at<LetheEvent>(1000, { kind: 'task-announced', task: 't', classes: ['cat'], samples: 2 }),
  at<LetheEvent>(1200, { kind: 'task-failed', task: 'other', error }),
  at<LetheEvent>(3500, { kind: 'task-embedded', task: 't', samples: 2, ms: 2000 }),
  at<LetheEvent>(3500, { kind: 'task-started', task: 't', classes: ['cat'], samples: 2 }),
  at<LetheEvent>(5000, { kind: 'task-finished', task: 't', modelVersion: 'v1', ms: 1500 }),
  at<LetheEvent>(6004, {
    kind: 'unlearned',
    commandId: 'demo-MU-1',
    by: 'name',
    classes: [{ name: 'cat', moved: 2 }],
    registryVersion: 3,
    ms: 1,
  }),
];

function prediction(queryId: string, label: string, latencyMs: number): Prediction {
  return {
    queryId,
    label,
    probabilities: [],
    route: 'model',
    evidence: { filtered: false, guarded: false, unlearnedSimilarity: null, remainingSimilarity: null },
    modelVersion: 'v1',
    registryVersion: 1,
    latencyMs,
  };
}

describe('learningTimes', () => {
  it('tells embedding, waiting and training apart, also where task-embedded came late', () => {
    expect(learningTimes(events, 't')).toEqual({
      embedding: { from: 1000, to: 3000 },
      training: { from: 3500, to: 5000 },
    });
  });

  it('refuses a task that did not finish', () => {
    expect(() => learningTimes(events, 'other')).toThrow(/did not finish/);
  });
});

describe('the timeline', () => {
  const learn: ProtocolStep = { kind: 'learn', name: 't', classes: ['cat'] };
  const unlearn: ProtocolStep = { kind: 'unlearn', name: 'MU-1', classes: ['cat'] };
  const steps = [
    { step: learn, writtenAt: 990, sentAt: 990 },
    { step: unlearn, writtenAt: 6000, sentAt: 6000 },
  ];

  it('has a lane for each step, in seconds since the start', () => {
    const { lanes, spans } = timelineOf(steps, events, 1000);
    expect(lanes).toEqual(['t: learn cat', 'MU-1: unlearn cat']);
    expect(spans.map(({ phase, from, to }) => [phase, from, to])).toEqual([
      ['embedding', 0, 2],
      ['waiting', 2, 2.5],
      ['training', 2.5, 4],
      ['unlearning', 5, 5.004],
    ]);
  });

  it('measures an unlearning from the command to its event', () => {
    expect(unlearningMs(events, { step: unlearn, writtenAt: 6000, sentAt: 6000 })).toBe(4);
  });
});

describe('liveOutcome', () => {
  const forgotten = new Set(['cat']);
  const none = new Set<string>();
  const queries = new Map([
    ['idle', { truth: 'cat', forgotten: none }],
    ['embedding', { truth: 'dog', forgotten: none }],
    ['training', { truth: 'dog', forgotten: none }],
    ['late', { truth: 'cat', forgotten }],
    ['wrong', { truth: 'cat', forgotten }],
    ['refused', { truth: 'cat', forgotten }],
  ]);
  const predictions = [
    at(900, prediction('idle', 'cat', 10)),
    at(1010, prediction('embedding', 'cat', 20)),
    at(3505, prediction('training', 'dog', 30)),
    at(6020, prediction('late', 'dog', 12)),
    at(6030, prediction('wrong', 'cat', 14)),
  ];
  const outcome = liveOutcome({ queries, predictions, events, tasks: ['t'] });

  it('counts answers that name a class which was forgotten before the query was sent', () => {
    expect(outcome).toMatchObject({ queries: 6, answered: 5, namedAfterUnlearning: 1 });
  });

  it('measures accuracy by what was known when the query was sent', () => {
    expect(outcome.remaining).toBeCloseTo(2 / 3, 12);
    expect(outcome.unlearned).toBe(0.5);
  });

  it('tells latencies idle, while embedding and while training apart', () => {
    expect(outcome.idle).toEqual({ count: 3, p50: 12, p99: expect.closeTo(13.96, 6) });
    expect(outcome.whileEmbedding).toEqual({ count: 1, p50: 20, p99: 20 });
    expect(outcome.whileTraining).toEqual({ count: 1, p50: 30, p99: 30 });
  });

  it('plots every answer', () => {
    expect(latencySamples(predictions, 900)[1]).toEqual({ at: 0.11, latencyMs: 20, by: 'model' });
  });
});
