import { MultiBar, type SingleBar } from 'cli-progress';
import type { CliIo } from './io.js';

/** Shows how far each of several things is, until it is stopped. */
export interface Progress {
  /** @param total null where it is not known */
  show(what: string, done: number, total: number | null): void;
  stop(): void;
}

/** One bar for each thing where standard error is a terminal; else one line for each that is done. */
export function startProgress({ stderr }: CliIo): Progress {
  return stderr.isTTY ? bars(stderr) : lines(stderr);
}

function bars(stream: NodeJS.WritableStream): Progress {
  const all = new MultiBar({
    stream,
    format: '{bar} {what} {value}{of}',
    barsize: 24,
    hideCursor: true,
    barCompleteChar: '█',
    barIncompleteChar: '░',
  });
  const known = new Map<string, SingleBar>();
  return {
    show(what, done, total) {
      const of = total === null ? '' : `/${total}`;
      const bar = known.get(what) ?? all.create(total ?? 0, 0, { what, of });
      known.set(what, bar);
      bar.setTotal(total ?? 0);
      bar.update(done, { what, of });
    },
    stop: () => all.stop(),
  };
}

function lines(stream: NodeJS.WritableStream): Progress {
  const told = new Set<string>();
  return {
    show(what, done, total) {
      if (done !== total || told.has(what)) return;
      told.add(what);
      stream.write(`${what}: ${done}\n`);
    },
    stop: () => undefined,
  };
}
