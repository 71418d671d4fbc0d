import { setTimeout as sleep } from 'node:timers/promises';
import type { ClassState } from '../domain/classes.js';
import type { HealthReport } from './health.js';
import type { Instruments } from './instruments.js';

/**
 * How long a scrape waits for Kafka and Redis: Prometheus waits some seconds at most, and uses what is known by then.
 */
const PATIENCE_MS = 1000;

/** Values that are asked for when Prometheus scrapes. */
export interface MetricSources {
  /** Reads the newest registry: a worker that answers nothing would not do so. */
  readonly registry?: () => Promise<unknown>;
  /** Vectors by database (`cil`, `mu`). */
  readonly vectors?: () => Promise<Readonly<Record<string, number>>>;
  /** Stored samples of classes that no learn command named. */
  readonly unannounced?: () => Promise<number>;
  readonly classes?: () => Readonly<Record<ClassState, number>>;
  readonly registryVersion?: () => number;
  readonly openTasks?: () => number;
  /** Classes whose erasure was told of, and is not complete. */
  readonly incompleteErasures?: () => number;
  /** Unsettled records by topic. */
  readonly lag?: () => Promise<Readonly<Record<string, number>>>;
  /** Waiting items by queue. */
  readonly queues?: () => Readonly<Record<string, number>>;
  readonly health?: () => HealthReport;
}

const SLOW = ['registry', 'vectors', 'unannounced', 'lag'] as const;
type Slow = (typeof SLOW)[number];

/** Asks the sources, each at most once at a time; one that fails or is late has no value in this scrape, and is counted. */
export class Sources {
  #sources: MetricSources = {};
  readonly #underWay = new Map<Slow, Promise<unknown>>();

  constructor(private readonly instruments: Instruments) {}

  add(sources: MetricSources): void {
    this.#sources = { ...this.#sources, ...sources };
    for (const source of SLOW) if (sources[source]) this.instruments.sourceFailures.inc({ source }, 0);
  }

  async collect(): Promise<void> {
    const { registry, vectors, unannounced, lag } = this.#sources;
    const { vectors: databases, unannouncedSamples, consumerLag } = this.instruments;
    const [counts = {}, records = {}, samples] = await Promise.all([
      this.#ask('vectors', vectors),
      this.#ask('lag', lag),
      this.#ask('unannounced', unannounced),
      this.#ask('registry', registry),
    ]);
    databases.reset();
    consumerLag.reset();
    for (const [database, count] of Object.entries(counts)) databases.set({ database }, count);
    for (const [topic, unsettled] of Object.entries(records)) consumerLag.set({ topic }, unsettled);
    if (samples !== undefined) unannouncedSamples.set(samples);
    this.#look();
  }

  /** Reads local values. */
  #look(): void {
    const { queues, classes, registryVersion, openTasks, incompleteErasures, health } = this.#sources;
    const { queueDepth, classes: states, ...instruments } = this.instruments;
    for (const [queue, depth] of Object.entries(queues?.() ?? {})) queueDepth.set({ queue }, depth);
    for (const [state, count] of Object.entries(classes?.() ?? {})) states.set({ state }, count);
    if (registryVersion) instruments.registryVersion.set(registryVersion());
    if (openTasks) instruments.openTasks.set(openTasks());
    if (incompleteErasures) instruments.incompleteErasures.set(incompleteErasures());
    if (!health) return;
    const { ready, live, waitingFor, alsoWaitingFor = [] } = health();
    instruments.ready.set(Number(ready));
    instruments.live.set(Number(live));
    instruments.waitingFor.reset();
    for (const what of [...waitingFor, ...alsoWaitingFor]) instruments.waitingFor.set({ what }, 1);
  }

  /** @returns undefined if there is no source, or it failed or was too late */
  async #ask<T>(source: Slow, ask: (() => Promise<T>) | undefined): Promise<T | undefined> {
    if (!ask) return undefined;
    const asked = (this.#underWay.get(source) as Promise<T> | undefined) ?? ask();
    this.#underWay.set(source, asked);
    const forget = (): void => void this.#underWay.delete(source);
    asked.then(forget, forget);
    try {
      return await inTime(asked);
    } catch {
      // Whoever works with the service says what is wrong with it.
      this.instruments.sourceFailures.inc({ source });
      return undefined;
    }
  }
}

/** @throws if the work fails or is too late */
async function inTime<T>(work: Promise<T>): Promise<T> {
  const patience = new AbortController();
  const late = sleep(PATIENCE_MS, undefined, { signal: patience.signal, ref: false }).then(() => {
    throw new Error(`not within ${PATIENCE_MS} ms`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    patience.abort();
    late.catch(() => undefined);
  }
}
