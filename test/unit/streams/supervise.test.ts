import { concat, concatMap, EMPTY, mergeMap, type Observable, of, Subject, throwError } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EventLog } from '../../../src/adapters/eventLog.js';
import { LetheError } from '../../../src/domain/errors.js';
import type { LogRecord } from '../../../src/domain/record.js';
import type { Context } from '../../../src/streams/context.js';
import type { Signal } from '../../../src/streams/signal.js';
import { supervisor } from '../../../src/streams/supervise.js';
import { ATTEMPTS } from '../../../src/streams/suspects.js';
import { around, learn, memoryLog, type Processing, startProcessing } from '../../support/processing.js';

const GROUP = 'lethe-group';

/** A context of which supervision uses the log, the topics and the end. */
function contextWith(log: EventLog, stop: Subject<void>): Context {
  return { log, topics: { 'dead-letters': 'letters' }, stop } as unknown as Context;
}

/** Reads `queries` and fails at records as `fault` says; what it got through is in `seen`. */
function reading(seen: string[], fault: (text: string) => unknown, maxInFlight = 16) {
  return ({ log }: Context): Observable<string> =>
    log.read({ topics: ['queries'], group: GROUP, maxInFlight }).pipe(
      concatMap(async (record) => {
        const text = record.value.toString();
        const thrown = fault(text);
        if (thrown !== undefined) throw thrown;
        await log.settle(GROUP, [{ input: record, outputs: [] }]);
        seen.push(text);
        return text;
      }),
    );
}

describe('the supervisor', () => {
  let log: EventLog;
  let stop: Subject<void>;
  let told: Signal[];
  let seen: string[];

  beforeEach(() => {
    vi.useFakeTimers();
    log = memoryLog();
    stop = new Subject();
    told = [];
    seen = [];
  });
  afterEach(async () => {
    vi.useRealTimers();
    await log.close();
  });

  const write = (...texts: readonly string[]) =>
    log.publish(
      texts.map((text) => ({ topic: 'queries', key: null, value: Buffer.from(text), headers: {} })),
    );
  const supervise = <T>(topology: (context: Context, again: boolean) => Observable<T>) => {
    const ending = { error: undefined as unknown, completed: false };
    supervisor(contextWith(log, stop), (signal) => told.push(signal))('reading', topology).subscribe({
      error: (error: unknown) => {
        ending.error = error;
      },
      complete: () => {
        ending.completed = true;
      },
    });
    return ending;
  };
  const restarts = () =>
    told.flatMap((signal) => (signal.kind === 'topology' && signal.is === 'restarting' ? [signal.ms] : []));
  const lettersNow = async () => {
    const letters: LogRecord[] = [];
    log
      .read({ topics: ['letters'], group: 'onlooker', maxInFlight: 100, transient: true })
      .subscribe((letter) => letters.push(letter));
    await vi.advanceTimersByTimeAsync(1);
    return letters;
  };

  it('starts a topology again, ever later, and goes on with what was not settled', async () => {
    let faults = 3;
    supervise(reading(seen, (text) => (text === 'b' && faults-- > 0 ? new Error('boom') : undefined)));
    await write('b');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(seen).toEqual(['b']);
    expect(restarts()).toEqual([500, 1000, 2000]);
    expect(told.at(-1)).toEqual({ kind: 'topology', name: 'reading', is: 'running' });
    expect(await lettersNow()).toEqual([]);
  });

  it('sets a record aside at which it fails each time, and no other', async () => {
    supervise(reading(seen, (text) => (text === 'poison' ? new TypeError('boom') : undefined)));
    await write('a', 'b', 'poison', 'c', 'd', 'e');
    await vi.advanceTimersByTimeAsync(60_000);
    expect([...seen].sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
    const letters = await lettersNow();
    expect(letters.map(({ value }) => value.toString())).toEqual(['poison']);
    expect(letters[0]?.headers).toMatchObject({
      'lethe-reason': 'internal',
      'lethe-message': expect.stringContaining(`failed ${ATTEMPTS} times at the record queries/`),
    });
    expect(letters[0]?.headers['lethe-message']).toContain('boom');
    expect(await log.lag(GROUP, ['queries'])).toBe(0);
    expect(told.filter(({ kind }) => kind === 'dead-letter')).toHaveLength(1);
  });

  it('sets several poisonous records aside, one after the other', async () => {
    const texts = Array.from({ length: 12 }, (_, index) =>
      index % 4 === 0 ? `poison ${index}` : `${index}`,
    );
    supervise(reading(seen, (text) => (text.startsWith('poison') ? new TypeError('boom') : undefined)));
    await write(...texts);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(seen).toHaveLength(9);
    expect((await lettersNow()).map(({ value }) => value.toString()).sort()).toEqual(
      texts.filter((text) => text.startsWith('poison')).sort(),
    );
  });

  it('sets nothing aside for what passes, however long it takes', async () => {
    const away = new LetheError('backend-unavailable', 'away', { remedy: 'Wait.', retriable: true });
    let isAway = true;
    supervise(reading(seen, () => (isAway ? away : undefined)));
    await write('a', 'b');
    await vi.advanceTimersByTimeAsync(600_000);
    expect(restarts().length).toBeGreaterThan(ATTEMPTS * 2);
    expect(Math.max(...restarts())).toBe(30_000);
    isAway = false;
    await vi.advanceTimersByTimeAsync(31_000);
    expect([...seen].sort()).toEqual(['a', 'b']);
    expect(await lettersNow()).toEqual([]);
  });

  it('reads as much at once as before when no one is suspected any more', async () => {
    let faults = 1;
    /** How many were under way with each record, by run. */
    const atOnce: number[][] = [];
    supervise(({ log: watched }) => {
      const counts: number[] = [];
      atOnce.push(counts);
      let underWay = 0;
      return watched.read({ topics: ['queries'], group: GROUP, maxInFlight: 4 }).pipe(
        mergeMap(async (record) => {
          counts.push(++underWay);
          await new Promise((resolve) => setTimeout(resolve, 10));
          if (faults-- > 0) throw new Error('boom');
          underWay--;
          await watched.settle(GROUP, [{ input: record, outputs: [] }]);
        }),
      );
    });
    await write(...Array.from({ length: 40 }, (_, index) => String(index)));
    await vi.advanceTimersByTimeAsync(5000);
    expect(atOnce).toHaveLength(2);
    // The suspect comes alone, and all others as before.
    expect(atOnce[1]?.slice(0, 3)).toEqual([1, 1, 2]);
    expect(Math.max(...(atOnce[1] ?? []))).toBe(4);
    expect(await log.lag(GROUP, ['queries'])).toBe(0);
  });

  it('starts again soon after a failure that follows some work', async () => {
    const faulty = new Set(['b', 'd']);
    supervise(reading(seen, (text) => (faulty.delete(text) ? new Error('boom') : undefined)));
    await write('b');
    await vi.advanceTimersByTimeAsync(5000);
    await write('d');
    await vi.advanceTimersByTimeAsync(5000);
    expect(seen).toEqual(['b', 'd']);
    expect(restarts()).toEqual([500, 500]);
  });

  it('lets through what no new start mends', async () => {
    const replaced = new LetheError('learner-replaced', 'another', {
      remedy: 'Start again.',
      retriable: true,
    });
    const ending = supervise(reading(seen, () => replaced));
    await write('a');
    await vi.advanceTimersByTimeAsync(1);
    expect(ending.error).toBe(replaced);
  });

  it('lets a wrong setting through only where the topology never ran', async () => {
    const wrong = new LetheError('config-invalid', 'wrong', { remedy: 'Set it right.' });
    const never = supervise(() => {
      throw wrong;
    });
    expect(never.error).toBe(wrong);
    const ran = supervise(() =>
      concat(
        of('a'),
        throwError(() => wrong),
      ),
    );
    expect(ran.error).toBeUndefined();
    expect(restarts()).toEqual([500]);
  });

  it('does not start again what is stopped meanwhile', async () => {
    const ending = supervise(reading(seen, () => new Error('boom')));
    await write('a');
    await vi.advanceTimersByTimeAsync(100);
    expect(restarts()).toHaveLength(1);
    stop.next();
    expect(ending).toEqual({ error: undefined, completed: true });
  });

  it('tells each run whether the one before failed', async () => {
    const runs: boolean[] = [];
    supervise((_, again) => {
      runs.push(again);
      if (runs.length < 3) throw new Error('boom');
      return EMPTY;
    });
    await vi.advanceTimersByTimeAsync(5000);
    expect(runs).toEqual([false, true, true]);
  });
});

describe('the processor under faults', () => {
  let processing: Processing;
  afterEach(async () => {
    await processing.stop();
  });

  /** A log whose settlements for a group fail so many times. */
  function failing(inner: EventLog, of: (group: string) => boolean, times: number): EventLog {
    let left = times;
    return new Proxy(inner, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return (...given: unknown[]) => {
          if (name === 'settle' && of(String(given[0])) && left-- > 0) throw new TypeError('boom');
          return Reflect.apply(member, target, given);
        };
      },
    });
  }

  it('learns, answers and forgets although each topology fails now and then', async () => {
    const left = new Map<string, number>();
    const faulty = failing(
      memoryLog(),
      (group) => {
        const count = left.get(group) ?? 0;
        left.set(group, count + 1);
        return count === 1;
      },
      100,
    );
    processing = startProcessing({ log: faulty });
    await learn(processing, 't1', { cat: 0, dog: 4 });
    expect((await processing.query('q1', around(4, 1))).label).toBe('dog');
    await processing.command({ id: 'u1', kind: 'unlearn', classes: ['dog'] });
    await processing.event('unlearned');
    expect((await processing.query('q2', around(4, 1))).label).toBe('cat');
    const failed = processing.signals.flatMap((signal) =>
      signal.kind === 'topology' && signal.is === 'restarting' ? [signal.name] : [],
    );
    expect([...new Set(failed)].sort()).toEqual(['auditing', 'commands', 'inference', 'storing']);
    expect(processing.events().filter(({ kind }) => kind === 'task-finished')).toHaveLength(1);
  });
});
