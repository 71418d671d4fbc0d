import { MultiBar, type SingleBar } from 'cli-progress';
import type { ShowProgress } from '../experiments/demo/runDemo.js';

/** Progress of the demo, until it is stopped. */
export interface DemoProgress {
  readonly show: ShowProgress;
  stop(): void;
}

/** One bar for each thing that goes on where the stream is a terminal; else one line when it is done. */
export function demoProgress(stream: NodeJS.WriteStream): DemoProgress {
  return stream.isTTY ? bars(stream) : lines(stream);
}

function bars(stream: NodeJS.WriteStream): DemoProgress {
  const all = new MultiBar({
    stream,
    format: '{bar} {what} {value}/{total}',
    barsize: 24,
    hideCursor: true,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    forceRedraw: true,
  });
  const known = new Map<string, SingleBar>();
  return {
    show(what, done, total) {
      const bar = known.get(what) ?? all.create(total, 0, { what });
      known.set(what, bar);
      bar.update(done);
    },
    stop: () => all.stop(),
  };
}

function lines(stream: NodeJS.WriteStream): DemoProgress {
  const started = performance.now();
  const seconds = (): string => ((performance.now() - started) / 1000).toFixed(1).padStart(6);
  return {
    show(what, done, total) {
      if (done === total) stream.write(`${seconds()} s  ${what}${total > 1 ? ` (${total})` : ''}\n`);
    },
    stop: () => undefined,
  };
}
