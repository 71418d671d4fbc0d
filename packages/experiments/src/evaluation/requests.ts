import type { KnowledgeStore } from 'lethe/internal/adapters/knowledgeStore.js';
import { LetheError } from 'lethe/internal/domain/errors.js';
import type { Example } from 'lethe/internal/domain/messages/command.js';
import { relearnClasses, unlearnClasses } from 'lethe/internal/forgetting/migrateClasses.js';
import { unlearnByExamples } from 'lethe/internal/forgetting/unlearnByExamples.js';
import type { PayloadLimits } from 'lethe/internal/inputs/openInput.js';
import type { Embedder } from 'lethe/internal/model/embedder/embedder.js';
import { randomOf } from 'lethe/internal/model/ssre/random.js';
import type { VoteOptions } from 'lethe/internal/model/vote.js';
import { percentile } from '../metrics/percentile.js';
import type { Protocol, ProtocolStep } from '../protocol.js';
import { type ClassKnowledge, replayStep } from './knowledge.js';
import { ofClasses, type TestSet } from './testSet.js';

/** Quality of unlearning by examples, over many requests for one class. */
export interface MigrationQuality {
  readonly examplesPerRequest: number;
  readonly requests: number;
  /** Requests that moved nothing, since the vote was not clear. */
  readonly refused: number;
  /** Of all vectors moved, the share that truly is of the class; null where none was moved. */
  readonly precision: number | null;
  /** Of the class's vectors, the share that was moved: the mean over all requests, refused ones with 0. */
  readonly recall: number;
}

/** What one unlearning step cost and did. */
export interface RequestOutcome {
  readonly step: string;
  readonly classes: readonly string[];
  /** Vectors of the class. */
  readonly vectors: number;
  /** Median seconds of the request by name: nothing is embedded. */
  readonly secondsByName: number;
  /** Median seconds of the request by five images: they are embedded, vote, and the class moves. */
  readonly secondsByImages: number;
  /** Five unseen examples under Lethe's limits. */
  readonly byExamples: MigrationQuality;
  /** One unseen example without limits, as in the paper. */
  readonly byOneExample: MigrationQuality;
}

/** What requests are measured with. */
export interface RequestMeasurement {
  readonly protocol: Protocol;
  readonly knowledge: ReadonlyMap<string, ClassKnowledge>;
  /** Examples are drawn from it: images that were never learned. */
  readonly test: TestSet;
  /** An empty store. */
  readonly store: KnowledgeStore;
  readonly embedder: Embedder;
  /** The image of a test input, as a raw CIFAR payload of 3072 bytes. */
  readonly imageOf: (id: string) => Uint8Array;
  readonly vote: VoteOptions;
  readonly limits: PayloadLimits;
  /** Requests of each kind for the quality. */
  readonly requests: number;
  readonly seed: number;
}

/** Examples of a request: few enough for a person to give, enough for a clear vote (docs/decisions/0009). */
export const EXAMPLES = 5;
/** Requests whose median duration is taken. */
const TIMED = 5;
const NO_LIMITS = { minimalShare: 0, minimalLead: 0 } as const;

/**
 * Plays the protocol on a store and measures every unlearning with the functions of the live pipeline: each request is
 * carried out and taken back (`relearn`), the last one stays.
 */
export async function measureRequests(measurement: RequestMeasurement): Promise<RequestOutcome[]> {
  const { protocol, store, knowledge } = measurement;
  const outcomes: RequestOutcome[] = [];
  for (const step of protocol) {
    if (step.kind === 'unlearn') outcomes.push(await measureStep(step, measurement));
    await replayStep(store, step, knowledge);
  }
  return outcomes;
}

async function measureStep(step: ProtocolStep, measurement: RequestMeasurement): Promise<RequestOutcome> {
  const { knowledge, vote, requests } = measurement;
  // The first search prepares the databases; a system at work has done that long ago.
  const repeat = async (seconds: () => Promise<number>): Promise<number> => {
    await seconds();
    const all: number[] = [];
    for (let time = 0; time < TIMED; time++) all.push(await seconds());
    return percentile(all, 0.5);
  };
  let request = 0;
  const id = (): string => `${step.name}-${request++}`;
  return {
    step: step.name,
    classes: step.classes,
    vectors: step.classes.reduce((sum, name) => sum + (knowledge.get(name)?.vectors.length ?? 0), 0),
    secondsByName: await repeat(() => secondsByName(step, id(), measurement.store)),
    secondsByImages: await repeat(() => secondsByImages(step, id(), measurement)),
    byExamples: await quality(step, { id, vote, examples: EXAMPLES, requests }, measurement),
    byOneExample: await quality(
      step,
      { id, vote: { ...vote, ...NO_LIMITS }, examples: 1, requests },
      measurement,
    ),
  };
}

async function secondsByName(step: ProtocolStep, id: string, store: KnowledgeStore): Promise<number> {
  const command = { id, classes: step.classes, position: id };
  const started = performance.now();
  await unlearnClasses(command, store, started);
  const seconds = (performance.now() - started) / 1000;
  await takeBack(step.classes, id, store);
  return seconds;
}

/** One request for each class of the step; what a refused one took counts as well. */
async function secondsByImages(
  { classes }: ProtocolStep,
  id: string,
  measurement: RequestMeasurement,
): Promise<number> {
  const { imageOf, seed } = measurement;
  let seconds = 0;
  for (const [index, name] of classes.entries()) {
    const own = ofClasses(measurement.test, [name]);
    const examples = drawn(own.ids, EXAMPLES, randomOf(seed, index)).map(
      (input): Example => ({
        contentType: 'application/x-cifar',
        base64: Buffer.from(imageOf(input)).toString('base64'),
      }),
    );
    const started = performance.now();
    const moved = await attempt(`${id}-${index}`, examples, measurement, measurement.vote);
    seconds += (performance.now() - started) / 1000;
    if (moved) await takeBack([moved.name], `${id}-${index}`, measurement.store);
  }
  return seconds;
}

async function quality(
  { classes }: ProtocolStep,
  request: {
    readonly id: () => string;
    readonly vote: VoteOptions;
    readonly examples: number;
    readonly requests: number;
  },
  measurement: RequestMeasurement,
): Promise<MigrationQuality> {
  const { knowledge, test, seed, store } = measurement;
  let [refused, moved, right, recalls, all] = [0, 0, 0, 0, 0];
  for (const [index, name] of classes.entries()) {
    const own = ofClasses(test, [name]);
    const size = knowledge.get(name)?.vectors.length ?? 0;
    for (let draw = 0; draw < request.requests; draw++) {
      const examples = drawn(
        own.vectors,
        request.examples,
        randomOf(seed, request.examples, index, draw),
      ).map((vector): Example => ({ vector: [...vector] }));
      const id = request.id();
      const migrated = await attempt(id, examples, measurement, request.vote);
      all++;
      if (!migrated) {
        refused++;
        continue;
      }
      moved += migrated.vectors;
      if (migrated.name === name) {
        right += migrated.vectors;
        recalls += migrated.vectors / size;
      }
      await takeBack([migrated.name], id, store);
    }
  }
  return {
    examplesPerRequest: request.examples,
    requests: all,
    refused,
    precision: moved === 0 ? null : right / moved,
    recall: recalls / all,
  };
}

/** Unlearns by examples; null where the vote was refused. */
async function attempt(
  id: string,
  examples: readonly Example[],
  { store, embedder, limits }: RequestMeasurement,
  vote: VoteOptions,
): Promise<{ readonly name: string; readonly vectors: number } | null> {
  try {
    const command = { id, examples, position: id };
    const event = await unlearnByExamples(
      command,
      { store, embedder, opening: { embedder, limits }, vote },
      performance.now(),
    );
    const moved = event.kind === 'unlearned' ? event.classes[0] : undefined;
    return moved ? { name: moved.name, vectors: moved.moved } : null;
  } catch (error) {
    const refusal = error instanceof LetheError && ['ambiguous-vote', 'class-unlearned'].includes(error.code);
    if (refusal) return null;
    throw error;
  }
}

async function takeBack(classes: readonly string[], id: string, store: KnowledgeStore): Promise<void> {
  await relearnClasses({ id: `${id}-back`, classes, position: `${id}-back` }, store, performance.now());
}

/** So many distinct items, or all where there are fewer. */
function drawn<T>(items: readonly T[], count: number, random: ReturnType<typeof randomOf>): T[] {
  const left = [...items];
  const chosen: T[] = [];
  while (chosen.length < count && left.length > 0) {
    const at = random.below(left.length);
    chosen.push(left[at] as T);
    left[at] = left.at(-1) as T;
    left.pop();
  }
  return chosen;
}
