import type { Counter, Histogram, LabelValues } from 'prom-client';

/** Observations that are handed on at once. */
const SIZE = 128;

/** A series whose values wait. */
interface Buffered {
  /** Hands over the buffered values. */
  flush(): void;
}

/**
 * A buffer of values for counters and histograms. A call of the library costs four times as much between other work
 * as in a row. So values are collected until the buffer is full, or until {@link flush}.
 */
export class Buffer {
  readonly #series: Buffered[] = [];

  /** A series of a histogram. */
  observations<L extends string>(histogram: Histogram<L>, labels: LabelValues<L> = {}): Observations<L> {
    return this.#keep(new Observations(histogram, labels));
  }

  /** A series of a counter. */
  increments<L extends string>(counter: Counter<L>, labels: LabelValues<L> = {}): Increments<L> {
    return this.#keep(new Increments(counter, labels));
  }

  /** Hands on whatever waits: to be called before values are read. */
  flush(): void {
    for (const series of this.#series) series.flush();
  }

  #keep<S extends Buffered>(series: S): S {
    this.#series.push(series);
    return series;
  }
}

/** Observations, which wait as they are. */
export class Observations<L extends string> implements Buffered {
  readonly #values: number[] = [];

  constructor(
    private readonly histogram: Histogram<L>,
    private readonly labels: LabelValues<L>,
  ) {}

  observe(value: number): void {
    if (this.#values.push(value) === SIZE) this.flush();
  }

  flush(): void {
    for (const value of this.#values) this.histogram.observe(this.labels, value);
    this.#values.length = 0;
  }
}

/** Increments, which wait as one sum. */
export class Increments<L extends string> implements Buffered {
  #sum = 0;

  constructor(
    private readonly counter: Counter<L>,
    private readonly labels: LabelValues<L>,
  ) {}

  add(count = 1): void {
    this.#sum += count;
  }

  flush(): void {
    if (this.#sum > 0) this.counter.inc(this.labels, this.#sum);
    this.#sum = 0;
  }
}
