import type { KnowledgeStore } from '../adapters/knowledgeStore.js';
import type { DatabaseName } from '../adapters/vectorDatabase.js';
import { type ClassState, classesIn } from '../domain/classes.js';
import { LetheError } from '../domain/errors.js';
import type { ModelVersion } from '../domain/messages/model.js';
import { rowOf, stacked } from '../domain/vector.js';
import { gatherVectors } from '../knowledge/gatherVectors.js';
import type { Classifier } from '../model/classifier.js';
import type { Trainer } from '../model/trainer.js';
import { mean } from './mean.js';
import { divergence, type Measured, measure, type System, type VerificationData } from './measure.js';
import { type ModelView, type Vectors, viewOf } from './systems.js';
import { untrained } from './untrained.js';

/** A test input with its class. */
export interface LabelledVector {
  readonly label: string;
  readonly vector: Float32Array;
}

/** What a verification works with. */
export interface VerificationTools {
  readonly store: KnowledgeStore;
  /** Loads a model of the deployment. */
  readonly live: (model: ModelVersion) => Promise<Classifier>;
  /** Loads one that `newTrainer` made. */
  readonly load: (model: ModelVersion) => Promise<Classifier>;
  /** A trainer with this seed and no model. */
  readonly newTrainer: (seed: number) => Promise<Trainer>;
}

/** What is to be verified. */
export interface VerificationRequest {
  readonly className: string;
  /** Inputs that no model was trained on, of the class and of others. */
  readonly test: readonly LabelledVector[];
  /** Vectors that the class was learned with, where the databases no longer hold them. */
  readonly members?: Vectors;
  readonly seeds: readonly number[];
  /** Accuracy on the class before it was forgotten, 0 to 1: what relearning has to come near. Else what the model still has. */
  readonly original?: number;
  readonly onProgress?: (what: string) => void;
}

/** A deployment beside models that were trained without the class, on the same vectors, in the same run. */
export interface Verification {
  readonly className: string;
  readonly state: ClassState;
  readonly modelVersion: string;
  readonly live: Measured;
  /** By seed. */
  readonly retrained: readonly Measured[];
  /** Mean JS divergence (bits) to the retrained models on test inputs of the class, the class masked. */
  readonly divergence: number;
  /** The same between the retrained models themselves. */
  readonly divergenceAmong: number;
  readonly inputs: { readonly members: number; readonly test: number; readonly others: number };
}

/** Within this share of the original accuracy a class counts as relearned (alpha = 0.05, as in the anamnesis index of Chundawat et al., 2023). */
const NEARLY = 0.95;
const PRESUMED_ORIGINAL = 0.9;

/**
 * Attacks a deployment and models retrained without the class in the same ways: what is gone shows as no gap.
 * @throws LetheError `unknown-class`, `no-model`, `invalid-message` where test inputs are missing
 */
export async function verifyClass(
  { store, live: loadLive, load, newTrainer }: VerificationTools,
  request: VerificationRequest,
): Promise<Verification> {
  const { className, seeds, onProgress = () => undefined } = request;
  const snapshot = await store.registry.refresh();
  const record = snapshot.classes.get(className);
  if (!record) throw unknownClass(className, [...snapshot.classes.keys()]);
  if (!snapshot.model) throw noModel();
  const learned = classesIn(snapshot, 'learned')
    .map(({ name }) => name)
    .filter((name) => name !== className);
  const data = await dataFor(request, store, learned);
  const nearestIn = (databases: readonly DatabaseName[], classes?: readonly string[]): System['nearest'] => {
    return async (inputs) => {
      const queries = stacked(inputs, store.vectors.dimension);
      const found = await Promise.all(
        databases.map((database) =>
          store.vectors.knn(queries, { k: 1, database, ...(classes && { classes }) }),
        ),
      );
      return inputs.map((_, i) => Math.max(-1, ...found.map((each) => each[i]?.[0]?.similarity ?? -1)));
    };
  };
  const random = untrained([...learned, className], store.vectors.dimension, seeds[0] ?? 0);
  const model = viewOf(await loadLive(snapshot.model));
  const own = model.classes.indexOf(className);
  const knows = own >= 0 ? await shareAnswered(model, own, data.test) : 0;
  const share = NEARLY * (request.original ?? (knows > 0 ? knows : PRESUMED_ORIGINAL));
  onProgress('the model that answers');
  const live = await measure(
    { model, nearest: nearestIn(['cil', 'mu']) },
    random,
    data,
    share,
    seeds[0] ?? 0,
  );

  const views: ModelView[] = [];
  const retrained: Measured[] = [];
  const vectors = await gatherVectors(store.vectors, 'cil', learned);
  for (const seed of seeds) {
    onProgress(`a model retrained without the class, seed ${seed}`);
    const trainer = await newTrainer(seed);
    try {
      const made = await trainer.train(
        { task: `retrain-${seed}`, ...vectors, unlearned: [] },
        () => undefined,
      );
      const view = viewOf(await load(made));
      views.push(view);
      retrained.push(
        await measure({ model: view, nearest: nearestIn(['cil'], learned) }, random, data, share, seed),
      );
    } finally {
      await trainer.close();
    }
  }
  const apart = await Promise.all(views.map((view) => divergence(model, view, data.test)));
  const pairs = views.flatMap((a, i) => views.slice(i + 1).map((b) => divergence(a, b, data.test)));
  return {
    className,
    state: record.state,
    modelVersion: snapshot.model.version,
    live,
    retrained,
    divergence: mean(apart),
    divergenceAmong: pairs.length > 0 ? mean(await Promise.all(pairs)) : 0,
    inputs: { members: data.members.length, test: data.test.length, others: data.others.length },
  };
}

async function dataFor(
  { className, test, members }: VerificationRequest,
  { vectors }: KnowledgeStore,
  learned: readonly string[],
): Promise<VerificationData> {
  const others = test.filter(({ label }) => learned.includes(label));
  const own = test.filter(({ label }) => label === className).map(({ vector }) => vector);
  if (own.length === 0 || others.length === 0) throw noTest(className);
  const stored = members ?? (await allOf(vectors, className));
  const sample = await gatherVectors(vectors, 'cil', learned);
  const every = Math.max(1, Math.floor(sample.labels.length / Math.max(1, own.length)));
  const otherMembers = [...sample.labels.keys()]
    .filter((row) => row % every === 0)
    .map((row) => rowOf(sample.vectors, row, vectors.dimension));
  return {
    className,
    remaining: learned,
    members: stored,
    test: own,
    others: others.map(({ vector }) => vector),
    otherLabels: others.map(({ label }) => label),
    otherMembers,
  };
}

async function allOf(vectors: KnowledgeStore['vectors'], name: string): Promise<Float32Array[]> {
  const all: Float32Array[] = [];
  for await (const records of vectors.scan({ classes: [name] }))
    all.push(...records.map(({ vector }) => vector));
  return all;
}

async function shareAnswered(
  model: ReturnType<typeof viewOf>,
  own: number,
  inputs: Vectors,
): Promise<number> {
  const logits = await model.logits(inputs);
  return logits.filter((row) => Math.max(...row) === row[own]).length / logits.length;
}

function unknownClass(name: string, known: readonly string[]): LetheError {
  return new LetheError('unknown-class', `class "${name}" was never learned`, {
    field: 'class',
    value: name,
    remedy: `Name one of the known classes: ${known.join(', ') || '(none yet)'}.`,
  });
}

function noModel(): LetheError {
  return new LetheError('no-model', 'there is no model yet', { remedy: 'Learn a task first.' });
}

function noTest(name: string): LetheError {
  return new LetheError(
    'invalid-message',
    `the test inputs need samples of "${name}" and of other learned classes`,
    {
      field: 'test',
      remedy: 'Give labelled inputs that no model was trained on, of the class and of the remaining classes.',
    },
  );
}
