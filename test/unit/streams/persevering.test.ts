import { NEVER, of, Subject, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { LetheError } from '../../../src/domain/errors.js';
import type { Perseverance } from '../../../src/learning/persevere.js';
import { persevering } from '../../../src/streams/persevering.js';
import type { Signal } from '../../../src/streams/signal.js';

const STORED: Signal = { kind: 'stored', fresh: true };
const away = new LetheError('unreachable', 'away', { remedy: '', retriable: true });

describe('what makes models', () => {
  it('tells what it waits for among its signals, and ends with its topology', () => {
    const told: (Signal | string)[] = [];
    const work = new Subject<Signal>();
    let given: Perseverance | undefined;
    persevering({ stop: NEVER }, 'training', (perseverance) => {
      given = perseverance;
      return work;
    }).subscribe({ next: (signal) => told.push(signal), complete: () => told.push('complete') });
    given?.waits(away);
    work.next(STORED);
    given?.waits(null);
    work.complete();
    expect(told).toEqual([
      { kind: 'model-waits', what: 'training', error: away },
      STORED,
      { kind: 'model-waits', what: 'training', error: null },
      'complete',
    ]);
  });

  it('fails as its topology does', () => {
    const errors: unknown[] = [];
    persevering({ stop: NEVER }, 'erasing', () => throwError(() => away)).subscribe({
      error: (error) => errors.push(error),
    });
    expect(errors).toEqual([away]);
  });

  it('holds on no longer once the worker stops, nor once nobody listens', () => {
    const stop = new Subject<void>();
    const signals: AbortSignal[] = [];
    const start = () =>
      persevering({ stop }, 'erasing', ({ stopping }) => {
        signals.push(stopping);
        return NEVER;
      }).subscribe();
    start();
    const second = start();
    second.unsubscribe();
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, true]);
    stop.next();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    persevering({ stop: of(null) }, 'erasing', ({ stopping }) => {
      signals.push(stopping);
      return NEVER;
    }).subscribe();
    expect(signals[2]?.aborted).toBe(true);
  });
});
