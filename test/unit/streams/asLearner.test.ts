import { NEVER, of, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { LearnerLease } from '../../../src/adapters/learnerLease.js';
import { LetheError } from '../../../src/domain/errors.js';
import { asLearner } from '../../../src/streams/asLearner.js';
import type { Context } from '../../../src/streams/context.js';
import type { Signal } from '../../../src/streams/signal.js';

const STORED: Signal = { kind: 'stored', fresh: true };
const IS_THIS: Signal = { kind: 'learner', is: 'this' };
const settled = () => new Promise(setImmediate);

/** A lease that is given when the test says so. */
function leasing() {
  const stop = new Subject<void>();
  const told: (Signal | string)[] = [];
  let acquire = (): void => undefined;
  let lose = (_: LetheError): void => undefined;
  let waits = (): void => undefined;
  let signal: AbortSignal | undefined;
  const lease: LearnerLease = {
    acquire: (onWaiting, given) => {
      waits = onWaiting;
      signal = given;
      return new Promise((resolve) => {
        acquire = resolve;
      });
    },
    lost: new Promise((resolve) => {
      lose = resolve;
    }),
  };
  const topology = new Subject<Signal>();
  const running = asLearner({ store: { lease } as Context['store'], stop }, () => topology).subscribe({
    next: (each) => told.push(each),
    error: ({ code }: LetheError) => told.push(code),
    complete: () => told.push('complete'),
  });
  return {
    told,
    stop,
    running,
    topology,
    acquire: () => acquire(),
    lose: (error: LetheError) => lose(error),
    waits: () => waits(),
    isGivenUp: () => signal?.aborted,
  };
}

describe('what a learner does', () => {
  it('runs as soon as this worker is the learner, which says so', async () => {
    const { told, acquire, topology } = leasing();
    await settled();
    expect(told).toEqual([]);
    acquire();
    await settled();
    topology.next(STORED);
    expect(told).toEqual([IS_THIS, STORED]);
    topology.complete();
    expect(told.at(-1)).toBe('complete');
  });

  it('waits while another one is the learner, and tells it', () => {
    const { told, waits } = leasing();
    waits();
    expect(told).toEqual([{ kind: 'learner', is: 'another' }]);
  });

  it('fails where another one took its place', async () => {
    const { told, acquire, lose, topology } = leasing();
    acquire();
    await settled();
    lose(new LetheError('learner-replaced', 'another one', { remedy: '' }));
    await settled();
    expect(told.at(-1)).toBe('learner-replaced');
    expect(topology.observed).toBe(false);
  });

  it('is waited for no longer once the worker stops; what runs then ends by itself', async () => {
    const standing = leasing();
    standing.stop.next();
    expect(standing.told).toEqual(['complete']);
    standing.waits();
    expect([standing.told, standing.isGivenUp()]).toEqual([['complete'], true]);
    const working = leasing();
    working.acquire();
    await settled();
    working.stop.next();
    working.topology.next(STORED);
    expect(working.told.at(-1)).toBe(STORED);
    working.topology.complete();
    expect(working.told.at(-1)).toBe('complete');
  });

  it('gives up its place in the queue when nobody listens', () => {
    const { running, isGivenUp } = leasing();
    expect(isGivenUp()).toBe(false);
    running.unsubscribe();
    expect(isGivenUp()).toBe(true);
  });
});

it('the learner of a store that no other process sees is this one', async () => {
  const told: Signal[] = [];
  const lease: LearnerLease = { acquire: async () => undefined, lost: new Promise(() => undefined) };
  asLearner({ store: { lease } as Context['store'], stop: NEVER }, () => of(STORED)).subscribe((each) =>
    told.push(each),
  );
  await settled();
  expect(told).toEqual([IS_THIS, STORED]);
});
