import { LetheError } from '../../../domain/errors.js';
import { AnsweringThread } from '../../embedder/answeringThread.js';
import { startThread } from '../../embedder/startThread.js';
import type { Detector } from './detector.js';
import type { FitAnswer, FitRequest, FitterSettings, Portion } from './fitProtocol.js';

/**
 * Makes detectors in a thread of its own, which keeps the sums of classes, so that a further class costs its own vectors
 * alone. One call at a time.
 */
export interface DetectorFitter {
  /** Keys of the classes whose sums are kept. */
  readonly held: ReadonlySet<string>;
  /**
   * Adds the vectors of a class. Where it is broken off, everything is forgotten.
   * @param portions their buffers change hands
   * @returns how many there were
   */
  add(key: string, portions: AsyncIterable<Portion>): Promise<number>;
  /**
   * The detector of the classes with these keys: all that are held.
   * @throws LetheError `internal` where the thread can't answer, or ends before it does
   */
  detector(keys: readonly string[]): Promise<Detector>;
  /** Forgets all sums. */
  forget(): Promise<void>;
}

/** The thread is started by the first class, and does not keep the process alive; one that ended holds nothing any more. */
export function createDetectorFitter(settings: FitterSettings): DetectorFitter {
  const held = new Set<string>();
  const thread = new AnsweringThread<FitRequest, FitAnswer>({
    start: () => startThread(import.meta.url, 'fitWorker', settings),
    failed: unmade,
    onGone: () => held.clear(),
  });
  const forget = async (): Promise<void> => {
    held.clear();
    await thread.end();
  };
  return {
    held,
    async add(key, portions) {
      let count = 0;
      try {
        for await (const portion of portions) {
          count += portion.ids.length;
          await thread.ask({ kind: 'add', key, ...portion }, [portion.vectors.buffer]);
        }
        held.add(key);
        return count;
      } catch (error) {
        await forget();
        throw error;
      }
    },
    async detector(keys) {
      // A thread that ended meanwhile took the sums with it.
      if (keys.length === 0 || !keys.every((key) => held.has(key)))
        throw unmade('sums of a class are missing');
      const { detector: made } = await thread.ask({ kind: 'fit', keys });
      if (!made) throw unmade('its thread answered something else');
      return made;
    },
    forget,
  };
}

function unmade(why: string, cause?: unknown): LetheError {
  return new LetheError('internal', `the detector can't be made: ${why}`, {
    remedy: 'This is unexpected: report it with the log lines around it.',
    cause,
  });
}
