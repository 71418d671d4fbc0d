import { Window } from './window.js';

/** Outcomes of one task under one model that its accuracy needs to count. */
const ENOUGH = 20;
/** Number of reported tasks, those judged last: each is a separate series in Prometheus. */
const MOST_TASKS = 32;

interface TaskAccuracy {
  /** Under the model that answers now. */
  now: Window;
  /** Best accuracy under an earlier model: max over l < T of a_{l,j}; NaN while there is none. */
  best: number;
}

/**
 * Forgetting from live truth: F_j = max_{l<T} a_{l,j} - a_{T,j} for each task j, where a_{l,j} is the accuracy on
 * queries of the task under the l-th model and T is the current model (Chaudhry et al. 2018; negative if the task
 * improved). Only queries of remaining classes count, so that unlearning does not look like forgetting.
 */
export class LiveForgetting {
  readonly #tasks = new Map<string, TaskAccuracy>();
  #model: string | undefined;

  /** @param windowSize outcomes of a task to keep under one model */
  constructor(private readonly windowSize: number) {}

  add(task: string, modelVersion: string, right: boolean): void {
    if (modelVersion !== this.#model) this.#startModel(modelVersion);
    const known = this.#tasks.get(task) ?? { now: new Window(this.windowSize), best: Number.NaN };
    known.now.add(right);
    // Taken out first, so that it comes last.
    this.#tasks.delete(task);
    this.#tasks.set(task, known);
    const [oldest] = this.#tasks.keys();
    if (this.#tasks.size > MOST_TASKS && oldest !== undefined) this.#tasks.delete(oldest);
  }

  /** F_j of every task that was judged often enough under an earlier model and under this one. */
  byTask(): ReadonlyMap<string, number> {
    const forgetting = new Map<string, number>();
    for (const [task, { now, best }] of this.#tasks) {
      if (now.count >= ENOUGH && !Number.isNaN(best)) forgetting.set(task, best - now.ratio);
    }
    return forgetting;
  }

  #startModel(version: string): void {
    this.#model = version;
    for (const task of this.#tasks.values()) {
      if (task.now.count >= ENOUGH)
        task.best = Math.max(task.now.ratio, Number.isNaN(task.best) ? 0 : task.best);
      task.now = new Window(this.windowSize);
    }
  }
}
