import { setTimeout as sleep } from 'node:timers/promises';
import type { ClassState } from '../domain/classes.js';
import type { HealthReport } from './health.js';
import type { Instruments } from './instruments.js';

/** How long a scrape waits for Kafka and Redis: Prometheus waits some seconds at most, and what is known by then counts. */
const PATIENCE_MS = 1000;

/** Values that are asked for when Prometheus scrapes. */
export interface MetricSources {
  /** Vectors by database (`cil`, `mu`). */
  readonly vectors?: () => Promise<Readonly<Record<string, number>>>;
  readonly classes?: () => Readonly<Record<ClassState, number>>;
  readonly registryVersion?: () => number;
  readonly openTasks?: () => number;
  /** Unsettled records by topic. */
  readonly lag?: () => Promise<Readonly<Record<string, number>>>;
  /** Waiting items by queue. */
  readonly queues?: () => Readonly<Record<string, number>>;
  readonly health?: () => HealthReport;
}

type Values = Readonly<Record<string, number>>;
type Slow = 'vectors' | 'lag';

/** Asks the sources, each at most once at a time; one that fails or is late has no value in this scrape, and is counted. */
export class Sources {
  #sources: MetricSources = {};
  readonly #underWay = new Map<Slow, Promise<Values>>();

  constructor(private readonly instruments: Instruments) {}

  add(sources: MetricSources): void {
    this.#sources = { ...this.#sources, ...sources };
    for (const source of ['vectors', 'lag'] as const)
      if (sources[source]) this.instruments.sourceFailures.inc({ source }, 0);
  }

  async collect(): Promise<void> {
    const { instruments } = this;
    const [vectors, lag] = await Promise.all([this.#ask('vectors'), this.#ask('lag')]);
    instruments.vectors.reset();
    instruments.consumerLag.reset();
    for (const [database, count] of Object.entries(vectors)) instruments.vectors.set({ database }, count);
    for (const [topic, records] of Object.entries(lag)) instruments.consumerLag.set({ topic }, records);
    this.#look();
  }

  /** What is at hand. */
  #look(): void {
    const { queues, classes, registryVersion, openTasks, health } = this.#sources;
    const { queueDepth, classes: states, ...instruments } = this.instruments;
    for (const [queue, depth] of Object.entries(queues?.() ?? {})) queueDepth.set({ queue }, depth);
    for (const [state, count] of Object.entries(classes?.() ?? {})) states.set({ state }, count);
    if (registryVersion) instruments.registryVersion.set(registryVersion());
    if (openTasks) instruments.openTasks.set(openTasks());
    if (!health) return;
    const { ready, live, waitingFor } = health();
    instruments.ready.set(Number(ready));
    instruments.live.set(Number(live));
    instruments.waitingFor.reset();
    for (const what of waitingFor) instruments.waitingFor.set({ what }, 1);
  }

  async #ask(source: Slow): Promise<Values> {
    const ask = this.#sources[source];
    if (!ask) return {};
    const asked = this.#underWay.get(source) ?? ask();
    this.#underWay.set(source, asked);
    const forget = (): void => void this.#underWay.delete(source);
    asked.then(forget, forget);
    const values = await inTime(asked);
    if (values) return values;
    this.instruments.sourceFailures.inc({ source });
    return {};
  }
}

async function inTime(work: Promise<Values>): Promise<Values | undefined> {
  const patience = new AbortController();
  const late = sleep(PATIENCE_MS, undefined, { signal: patience.signal, ref: false });
  try {
    return await Promise.race([work, late]);
  } catch {
    return undefined;
  } finally {
    patience.abort();
    late.catch(() => undefined);
  }
}
