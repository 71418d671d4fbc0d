import type { BehaviorSubject, Observable } from 'rxjs';
import type { EventLog } from '../adapters/eventLog.js';
import type { KnowledgeStore } from '../adapters/knowledgeStore.js';
import type { calibrateKnown } from '../answering/calibrateKnown.js';
import type { Screen } from '../answering/screen.js';
import type { Sealer } from '../auditing/auditSeal.js';
import type { ModelVersion } from '../domain/messages/model.js';
import type { StrategyName, UnlearnedAnswer } from '../domain/messages/prediction.js';
import type { Topics } from '../domain/topics.js';
import type { PayloadLimits } from '../inputs/openInput.js';
import type { CheckpointStore } from '../model/checkpoint/checkpointStore.js';
import type { Copies } from '../model/checkpoint/copies.js';
import type { Classifier } from '../model/classifier.js';
import type { Lanes } from '../model/embedder/lanes.js';
import type { Rebuilder, Trainer } from '../model/trainer.js';
import type { VoteOptions } from '../model/vote.js';
import type { Probe } from '../operators/probe.js';
import type { PredictionForm } from './predictionRecord.js';

/** How models are rebuilt and classes erased. */
export interface RebuildSettings {
  /** How much accuracy on the remaining classes a rebuilt model may lose, 0 to 1. */
  readonly margin: number;
  /** Vectors of each class that it is compared on. */
  readonly samples: number;
  /** Whether an erasure deletes the samples that were read, of all classes, from their topic. */
  readonly deleteSamples: boolean;
}

/** How the topologies behave; comes from the config. */
export interface Settings {
  /** Key of commands, events and models. */
  readonly modelName: string;
  readonly seed: number;
  readonly limits: PayloadLimits;
  /** Records under way at most, by topic: bounds memory. */
  readonly maxInFlight: number;
  /** Likewise the bytes of their values; one record always is. */
  readonly maxInFlightBytes: number;
  /** Most images embedded at once, of queries and of samples: a live query may have to wait for one such batch. */
  readonly embedBatch: { readonly queries: number; readonly samples: number };
  /** Most samples' vectors stored at once: the store does so in one step, and does nothing else meanwhile. */
  readonly storeBatch: number;
  /** Most queries searched for, classified, answered and settled at once. */
  readonly answerBatch: number;
  /** Images decoded at the same time. */
  readonly decodeConcurrency: number;
  readonly strategy: StrategyName;
  readonly guard: boolean;
  readonly unlearned: UnlearnedAnswer;
  readonly topK: number;
  /** What predictions take over from the records of their queries. */
  readonly predictions: PredictionForm;
  /** Whether inputs that are like nothing known are answered with no class. */
  readonly unknown: boolean;
  /** Models that are kept: the one that answers, and those before it. */
  readonly keepModels: number;
  readonly taskTimeoutMs: number;
  readonly vote: VoteOptions;
  readonly rebuild: RebuildSettings;
}

/** The part of a subscription that bounds memory. */
export function inFlight({
  maxInFlight,
  maxInFlightBytes,
}: Settings): Pick<Settings, 'maxInFlight' | 'maxInFlightBytes'> {
  return { maxInFlight, maxInFlightBytes };
}

/** What all topologies work with. */
export interface Common {
  readonly log: EventLog;
  readonly topics: Topics;
  readonly store: KnowledgeStore;
  readonly settings: Settings;
  /** Ends the reading of all topics; what is under way is finished. */
  readonly stop: Observable<unknown>;
}

/** What records are opened and embedded with. */
export interface Embedding {
  /** Queries and commands go before samples: live answers do not wait for the embedding of a task. */
  readonly embedders: Lanes;
  readonly probe: Probe;
}

/** What tells unlearned inputs, and those that are like nothing known. */
export interface Detecting {
  readonly screen: Screen;
  /** Calibrates what is unknown; null where all inputs are answered with a class. */
  readonly known: (() => ReturnType<typeof calibrateKnown>) | null;
}

/** The model that answers. */
export interface Answering {
  /** Loads the classifier of a published model. */
  readonly load: (model: ModelVersion) => Promise<Classifier>;
  /** The classifier that answers now; null before the first task. */
  readonly current: BehaviorSubject<Classifier | null>;
}

/** What makes models. */
export interface Making {
  readonly trainer: Trainer & Rebuilder;
}

/** What is kept of models. */
export interface Keeping {
  readonly checkpoints: Pick<CheckpointStore, 'removeOf' | 'removeTorn' | 'removeOld' | 'knowing'>;
  /** What this worker keeps of models in its own folder. */
  readonly copies: Copies;
  /** Name of this worker, for people. */
  readonly worker: string;
}

/** What the audit chain is written with. */
export interface Auditing {
  /** Signs the records of the audit chain; left out where no key is configured. */
  readonly sealer?: Sealer;
}

/** The collaborators of all topologies: adapters chosen by the composition root. Each topology takes the parts that it needs. */
export interface Context extends Common, Embedding, Detecting, Answering, Making, Keeping, Auditing {}
