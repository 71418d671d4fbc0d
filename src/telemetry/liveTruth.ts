import { type ClassRecord, FORGOTTEN } from '../domain/classes.js';
import type { Prediction } from '../domain/messages/prediction.js';
import type { Buffer, Increments } from './buffered.js';
import { LiveForgetting } from './forgetting.js';
import type { Instruments } from './instruments.js';
import { Window } from './window.js';

/** Judged predictions over which live accuracy, recall and specificity are taken. */
const WINDOW = 1000;

/** Accuracy, coverage, forgetting and the filter, from predictions with a known truth. */
export class LiveTruth {
  readonly #accuracy = { remaining: new Window(WINDOW), unlearned: new Window(WINDOW) };
  readonly #coverage = { remaining: new Window(WINDOW), unlearned: new Window(WINDOW) };
  readonly #filter = { recall: new Window(WINDOW), specificity: new Window(WINDOW) };
  readonly #forgetting = new LiveForgetting(WINDOW);

  readonly #judged: Record<'remaining' | 'unlearned', Record<'right' | 'wrong', Increments<string>>>;

  constructor(
    private readonly instruments: Instruments,
    buffer: Buffer,
  ) {
    const { judged } = instruments;
    const series = (classes: string, correct: string): Increments<string> => {
      // A counter that appears with its first increment hides it from `increase`: the first answer that names an unlearned
      // class must show.
      judged.inc({ classes, correct }, 0);
      return buffer.increments(judged, { classes, correct });
    };
    const judgedOf = (classes: string) => ({
      right: series(classes, 'true'),
      wrong: series(classes, 'false'),
    });
    this.#judged = { remaining: judgedOf('remaining'), unlearned: judgedOf('unlearned') };
  }

  judge(
    { label, evidence, modelVersion }: Prediction,
    truth: string,
    { state, task }: Pick<ClassRecord, 'state' | 'task'>,
  ): void {
    if (state === 'learning') return;
    const classes = FORGOTTEN.includes(state) ? 'unlearned' : 'remaining';
    const correct = label === truth;
    this.#judged[classes][correct ? 'right' : 'wrong'].add();
    this.#accuracy[classes].add(correct);
    this.#coverage[classes].add(label !== null);
    if (classes === 'unlearned') {
      this.#filter.recall.add(evidence.filtered);
    } else {
      this.#filter.specificity.add(!evidence.filtered);
      this.#forgetting.add(task, modelVersion, correct);
    }
  }

  publish(): void {
    const { accuracy, coverage, filterRecall, filterSpecificity, forgetting } = this.instruments;
    const { recall, specificity } = this.#filter;
    for (const [classes, window] of Object.entries(this.#accuracy)) {
      if (window.count > 0) accuracy.set({ classes }, window.ratio);
    }
    for (const [classes, window] of Object.entries(this.#coverage)) {
      if (window.count > 0) coverage.set({ classes }, window.ratio);
    }
    if (recall.count > 0) filterRecall.set({ source: 'live' }, recall.ratio);
    if (specificity.count > 0) filterSpecificity.set({ source: 'live' }, specificity.ratio);
    forgetting.reset();
    for (const [task, ratio] of this.#forgetting.byTask()) forgetting.set({ task }, ratio);
  }
}
