import { syncBuiltinESMExports } from 'node:module';
import type { TimerOptions } from 'node:timers';
import promises from 'node:timers/promises';
import { vi } from 'vitest';

const { setTimeout: really } = promises;
/** So long takes a millisecond that passes by itself. */
const CREEPING_MS = 3;
let creeping: NodeJS.Timeout | undefined;

/**
 * Has all timers of this process wait for {@link pass}: what is to happen in half a second happens when a test says so, and
 * never because a machine is busy.
 * @param creeps whether time also passes by itself, for what waits for another process; far more slowly than for that, which may
 * be slow: what looks again and again would overtake it
 */
export function useVirtualTime({ creeps = false } = {}): void {
  if (creeps) creeping = setInterval(() => pass(1), CREEPING_MS);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  // Vitest leaves those of node:timers/promises as they are.
  promises.setTimeout = sleep;
  syncBuiltinESMExports();
}

function sleep<T>(ms?: number, value?: T, { signal }: TimerOptions = {}): Promise<T> {
  return new Promise((resolve, reject) => {
    const broken = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', broken);
      resolve(value as T);
    }, ms);
    if (signal?.aborted) broken();
    else signal?.addEventListener('abort', broken, { once: true });
  });
}

export function useRealTime(): void {
  vi.useRealTimers();
  clearInterval(creeping);
  promises.setTimeout = really;
  syncBuiltinESMExports();
}

/** Lets time pass for all timers of this process. */
export function pass(ms: number): void {
  vi.advanceTimersByTime(ms);
}

/** Forgets timers that are left: of what has crashed. */
export function forgetTimers(): void {
  vi.clearAllTimers();
}
