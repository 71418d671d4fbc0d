import { encodeQuery } from 'lethe/internal/domain/cloudEvents.js';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { exhaustMap, filter, firstValueFrom, interval, startWith, takeUntil, timeout } from 'rxjs';
import type { LabelledImage } from './labelledImage.js';
import type { LiveSystem } from './liveSystem.js';
import { learnedClasses, type Recording, unlearnedClasses } from './recording.js';

const LAST_ANSWER_MS = 30_000;

/** A query that was sent. */
export interface SentQuery {
  readonly truth: string;
  /** Classes whose `unlearned` event had been read when the query was written: no answer may name them. */
  readonly forgotten: ReadonlySet<string>;
}

/** Queries on their way, until they are stopped. */
export interface LiveQueries {
  /** By the query's id. */
  readonly sent: ReadonlyMap<string, SentQuery>;
  /** Sends no more, and resolves when each one sent was answered or refused. */
  stop(): Promise<void>;
}

/**
 * Sends queries at a steady pace, one image of a class that was ever learned at a time, drawn by the seed. While the
 * log is full none is sent: the pace gives way, nothing piles up.
 */
export function sendQueries(
  { log, topics }: LiveSystem,
  recording: Recording,
  images: readonly LabelledImage[],
  { seed, perSecond }: { readonly seed: number; readonly perSecond: number },
): LiveQueries {
  const generator = xoroshiro128plus(seed);
  const sent = new Map<string, SentQuery>();
  const flow = interval(1000 / perSecond)
    .pipe(
      takeUntil(recording.ended$),
      exhaustMap(async () => {
        const everLearned = learnedClasses(recording);
        const known = images.filter(({ label }) => everLearned.has(label));
        const image = known[uniformInt(generator, 0, known.length - 1)];
        if (!image) return;
        const id = `live-${sent.size}`;
        sent.set(id, { truth: image.label, forgotten: unlearnedClasses(recording) });
        await log.publish([encodeQuery({ id, truth: image.label, payload: image.payload }, topics)]);
      }),
    )
    .subscribe();
  return {
    sent,
    async stop() {
      flow.unsubscribe();
      const allAnswered = (): boolean =>
        recording.predictions.length + queriesAmong(recording.refused) >= sent.size;
      await firstValueFrom(
        recording.answers$.pipe(startWith(undefined), filter(allAnswered), timeout(LAST_ANSWER_MS)),
      );
    },
  };

  function queriesAmong(keys: readonly (string | null)[]): number {
    return keys.filter((key) => key !== null && sent.has(key)).length;
  }
}
