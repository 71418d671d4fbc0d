import { MultiBar, type SingleBar } from 'cli-progress';
import { visible } from '../domain/visible.js';
import { type CliIo, writeNote } from './io.js';
import { createPace } from './pace.js';

/** Interval of progress lines without a terminal. */
const EVERY_MS = 30_000;

/** Shows how far each of several things is, until it is stopped. */
export interface Progress {
  /** @param total null if it is unknown */
  show(what: string, done: number, total: number | null): void;
  stop(): void;
}

/**
 * On a terminal, one bar for each kind of work, with rate and remaining time. Otherwise one line for each finished
 * one, and one every half minute for longer work.
 */
export function startProgress(io: CliIo): Progress {
  return io.stderr.isTTY ? bars(io.stderr) : lines(io);
}

function bars(stream: NodeJS.WritableStream): Progress {
  const all = new MultiBar({
    stream,
    format: '{bar} {what} {value}{of}{pace}',
    barsize: 24,
    hideCursor: true,
    barCompleteChar: '█',
    barIncompleteChar: '░',
  });
  const known = new Map<string, { readonly bar: SingleBar; readonly pace: ReturnType<typeof createPace> }>();
  return {
    show(subject, done, total) {
      const what = visible(subject);
      const of = total === null ? '' : `/${total}`;
      const shown = known.get(what) ?? {
        bar: all.create(total ?? 0, 0, { what, of, pace: '' }),
        pace: createPace(),
      };
      known.set(what, shown);
      shown.bar.setTotal(total ?? 0);
      shown.bar.update(done, { what, of, pace: shown.pace(done, total) });
    },
    stop: () => all.stop(),
  };
}

function lines(io: CliIo): Progress {
  const told = new Set<string>();
  const paces = new Map<string, ReturnType<typeof createPace>>();
  let last = performance.now();
  return {
    show(what, done, total) {
      if (told.has(what)) return;
      const pace = paces.get(what) ?? createPace();
      paces.set(what, pace);
      const going = pace(done, total);
      if (going !== '' && performance.now() - last > EVERY_MS) {
        last = performance.now();
        writeNote(io, `${what}: ${done}/${total},${going}`);
      }
      if (done !== total) return;
      told.add(what);
      writeNote(io, `${what}: ${done}`);
    },
    stop: () => undefined,
  };
}
