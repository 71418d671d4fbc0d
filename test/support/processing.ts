import { randomUUID } from 'node:crypto';
import { BehaviorSubject, Subject, Subscription } from 'rxjs';
import type { EventLog } from '../../src/adapters/eventLog.js';
import type { KnowledgeStore } from '../../src/adapters/knowledgeStore.js';
import { createMemoryLog } from '../../src/adapters/memory/log/memoryLog.js';
import { createMemoryStore } from '../../src/adapters/memory/store/createMemoryStore.js';
import { calibrateKnown } from '../../src/answering/calibrateKnown.js';
import { createScreen } from '../../src/answering/screen.js';
import type { Sealer } from '../../src/auditing/auditSeal.js';
import { encodeCommand, encodeQuery, encodeSample } from '../../src/domain/cloudEvents.js';
import type { Command } from '../../src/domain/messages/command.js';
import type { EventKind, LetheEvent } from '../../src/domain/messages/event.js';
import type { Prediction } from '../../src/domain/messages/prediction.js';
import { topicsUnder } from '../../src/domain/topics.js';
import { normalised } from '../../src/domain/vector.js';
import { DEFAULT_PAYLOAD_LIMITS } from '../../src/inputs/openInput.js';
import type { Copies } from '../../src/model/checkpoint/copies.js';
import type { Classifier } from '../../src/model/classifier.js';
import type { Embedder } from '../../src/model/embedder/embedder.js';
import { withLanes } from '../../src/model/embedder/lanes.js';
import { relativeFilter } from '../../src/model/filter/relative.js';
import { SILENT } from '../../src/operators/probe.js';
import type { Context, Settings } from '../../src/streams/context.js';
import { processor } from '../../src/streams/processor.js';
import type { Role } from '../../src/streams/roles.js';
import type { Signal } from '../../src/streams/signal.js';
import { type CentroidTraining, centroidTraining } from './centroidTrainer.js';
import { patchEmbedder } from './patchEmbedder.js';

const SETTINGS: Settings = {
  modelName: 'test',
  seed: 7,
  limits: DEFAULT_PAYLOAD_LIMITS,
  maxInFlight: 64,
  maxInFlightBytes: 2 ** 26,
  embedBatch: { queries: 8, samples: 8 },
  storeBatch: 8,
  answerBatch: 8,
  decodeConcurrency: 4,
  strategy: 'nearest',
  guard: true,
  unlearned: 'answer',
  topK: 5,
  predictions: { key: 'id', headers: [] },
  unknown: false,
  keepModels: 5,
  taskTimeoutMs: 60_000,
  vote: { k: 10, minimalShare: 0.5, minimalLead: 0.2 },
  rebuild: { margin: 0.02, samples: 50, deleteSamples: false },
};

/** What a test may put in the place of the usual collaborators. */
export interface ProcessingOptions {
  readonly settings?: Partial<Settings>;
  readonly embedder?: Embedder;
  readonly training?: CentroidTraining;
  readonly log?: EventLog;
  /** What a processor before left. */
  readonly store?: KnowledgeStore;
  /** Signs the audit chain. */
  readonly sealer?: Sealer;
  readonly role?: Role;
  /** What the names of the topics begin with. */
  readonly topicPrefix?: string;
  readonly checkpoints?: Context['checkpoints'];
  /** What this worker keeps of models in its own folder. */
  readonly copies?: Copies;
}

/** Of a worker that keeps none. */
export const NO_CHECKPOINTS: Context['checkpoints'] = {
  removeOf: async () => 0,
  removeTorn: async () => 0,
  removeOld: async () => 0,
  knowing: async () => ({ kept: 0, knowing: [] }),
};

/** Likewise, in a folder that is another one each time. */
export function noCopies(): Copies {
  return {
    id: randomUUID(),
    folder: '/nowhere',
    writing: (_, work) => work(),
    written: async () => undefined,
    look: async () => [],
    clear: async () => undefined,
  };
}

/** A log of two partitions, with more room than a test needs. */
export function memoryLog(): EventLog {
  return createMemoryLog({ partitions: 2, capacity: { records: 10_000, bytes: 2 ** 28 } });
}

/** The real processor over the memory log and store, with a small embedder and a classifier of nearest means. */
export function startProcessing(options: ProcessingOptions = {}) {
  const embedder = options.embedder ?? patchEmbedder();
  const training = options.training ?? centroidTraining(embedder.dimension);
  const topics = topicsUnder(options.topicPrefix ?? 'test.');
  const log = options.log ?? memoryLog();
  const store = options.store ?? createMemoryStore({ dimension: embedder.dimension });
  const stop = new Subject<void>();
  const signals: Signal[] = [];
  const happened = new Subject<Signal>();
  const settings = { ...SETTINGS, ...options.settings };
  const current = new BehaviorSubject<Classifier | null>(null);
  const running = new Subscription();
  let failure: unknown;

  const context: Context = {
    log,
    topics,
    store,
    embedders: withLanes(embedder),
    trainer: training.trainer,
    checkpoints: options.checkpoints ?? NO_CHECKPOINTS,
    copies: options.copies ?? noCopies(),
    worker: 'test',
    load: training.load,
    current,
    screen: createScreen(store, {
      filter: relativeFilter(5),
      specificity: 0.95,
      heldOut: 50,
      seed: 1,
      familiarity: settings.unknown,
    }),
    known: settings.unknown
      ? () => calibrateKnown(store, relativeFilter(5), { share: 0.95, heldOut: 50, seed: 1 })
      : null,
    probe: SILENT,
    settings,
    ...(options.sealer && { sealer: options.sealer }),
    stop,
  };

  const finished = new Promise<void>((resolve) => {
    const work = processor(context, options.role).subscribe({
      next: (signal) => {
        signals.push(signal);
        happened.next(signal);
      },
      error: (error: unknown) => {
        failure = error;
        resolve();
      },
      complete: resolve,
    });
    running.add(work);
  });

  /** The first signal, past or future, that matches. */
  const signal = <S extends Signal>(matches: (signal: Signal) => signal is S): Promise<S> =>
    new Promise((resolve) => {
      const earlier = signals.find(matches);
      if (earlier) return resolve(earlier);
      const subscription = happened.subscribe((next) => {
        if (!matches(next)) return;
        subscription.unsubscribe();
        resolve(next);
      });
    });

  return {
    log,
    topics,
    store,
    /** What its topologies work with. */
    context,
    signals,
    training,
    events: (): LetheEvent[] => signals.flatMap((each) => (each.kind === 'event' ? [each.event] : [])),
    event: async <K extends EventKind>(
      kind: K,
      matches: (event: Extract<LetheEvent, { kind: K }>) => boolean = () => true,
    ): Promise<Extract<LetheEvent, { kind: K }>> => {
      const isWanted = (event: LetheEvent): event is Extract<LetheEvent, { kind: K }> =>
        event.kind === kind && matches(event as Extract<LetheEvent, { kind: K }>);
      const found = await signal(
        (each): each is Signal & { kind: 'event' } => each.kind === 'event' && isWanted(each.event),
      );
      return found.event as Extract<LetheEvent, { kind: K }>;
    },
    deadLetter: (matches: (signal: Signal & { kind: 'dead-letter' }) => boolean) =>
      signal(
        (each): each is Signal & { kind: 'dead-letter' } => each.kind === 'dead-letter' && matches(each),
      ),
    command: (command: Command) => log.publish([encodeCommand(command, settings.modelName, topics)]),
    sample: (id: string, label: string, task: string, vector: Float32Array) =>
      log.publish([encodeSample({ id, label, task, payload: { kind: 'vector', vector } }, topics)]),
    async query(id: string, vector: Float32Array, truth?: string): Promise<Prediction> {
      const query = {
        id,
        payload: { kind: 'vector' as const, vector },
        ...(truth !== undefined && { truth }),
      };
      await log.publish([encodeQuery(query, topics)]);
      const answered = await signal(
        (each): each is Signal & { kind: 'prediction' } =>
          each.kind === 'prediction' && each.prediction.queryId === id,
      );
      return answered.prediction;
    },
    /** The model that answers now. */
    classifier: () => current.value,
    /** Ends it as a crash does: nothing under way is waited for, nothing more is read or told. */
    crash: () => running.unsubscribe(),
    /** Stops reading and waits until everything under way is finished; fails if the processor failed. */
    async stop(): Promise<void> {
      stop.next();
      await finished;
      if (failure) throw failure;
    },
  };
}

export type Processing = ReturnType<typeof startProcessing>;

/** Unit vectors around axis `axis`: class prototypes that are easy to tell apart. */
export function around(axis: number, index: number, dimension = 12): Float32Array {
  const vector = new Float32Array(dimension);
  vector[axis] = 1;
  vector[(axis + 1 + (index % (dimension - 1))) % dimension] = 0.1 + 0.01 * (index % 7);
  return normalised(vector);
}

/** Announces a task, sends `count` vectors of each class around the given axes, and waits until it is learned. */
export async function learn(
  processing: Processing,
  task: string,
  axes: Readonly<Record<string, number>>,
  count = 20,
): Promise<void> {
  const classes = Object.keys(axes);
  await processing.command({
    id: `learn-${task}`,
    kind: 'learn',
    task,
    classes,
    samples: count * classes.length,
  });
  for (const [name, axis] of Object.entries(axes)) {
    for (let i = 0; i < count; i++) await processing.sample(`${name}-${i}`, name, task, around(axis, i));
  }
  await processing.event('task-finished', (event) => event.task === task);
}
