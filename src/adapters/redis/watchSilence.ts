import { setTimeout as wait } from 'node:timers/promises';
import type { RedisClient } from './client.js';

/**
 * Pings Redis and calls `onSilence` where no answer comes: a machine that lost its power, or a network that swallows
 * packets, closes no connection. (The socket's own timeout is no help: what is sent counts as life.)
 */
export function watchSilence(
  client: RedisClient,
  silenceMs: number,
  closing: AbortSignal,
  onSilence: () => void,
): void {
  let isWaiting = false;
  const probe = async (): Promise<void> => {
    if (isWaiting || !client.isReady) return;
    isWaiting = true;
    // A refusal is an answer too, and a connection that ends is noticed by others.
    const answer = client.ping().then(
      () => true,
      () => true,
    );
    const hasAnswered = await Promise.race([answer, wait(silenceMs, false, { ref: false })]);
    isWaiting = false;
    if (!hasAnswered && !closing.aborted) onSilence();
  };
  const timer = setInterval(() => void probe(), silenceMs / 3);
  timer.unref();
  closing.addEventListener('abort', () => clearInterval(timer), { once: true });
}
