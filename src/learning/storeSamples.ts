import type { KnowledgeStore } from '../adapters/knowledgeStore.js';
import type { VectorRecord } from '../adapters/vectorDatabase.js';
import { type ClassRecord, isTaskKnown, type RegistrySnapshot } from '../domain/classes.js';
import { classRefusal } from '../domain/classRefusals.js';
import { outcomeOf, standingOf } from '../domain/classStates.js';
import { LetheError } from '../domain/errors.js';
import { likeNamed } from '../domain/likeNamed.js';
import type { Sample } from '../domain/messages/sample.js';
import { dot } from '../domain/vector.js';
import type { Embedded } from '../inputs/embedInputs.js';

/** A sample whose vector lies in DB-CIL. */
export interface StoredSample {
  readonly id: string;
  readonly className: string;
  readonly task: string;
  /** False if the same sample was stored before: a redelivery, which must not be counted again. */
  readonly fresh: boolean;
}

/** Two unit vectors closer than this are the same sample, embedded twice (batching changes the last bits). */
const SAME_SAMPLE = 0.9999;

/**
 * Stores samples in DB-CIL, by id.
 * @returns for each sample what was stored, or the refusal
 */
export async function storeSamples(
  store: KnowledgeStore,
  samples: readonly Embedded<Sample>[],
): Promise<(StoredSample | LetheError)[]> {
  for (;;) {
    const snapshot = await store.registry.refresh();
    const known = await store.vectors.get(samples.map(({ message }) => message.id));
    const withdrawn = await store.vectors.withdrawn(samples.map(({ message }) => message.id));
    const earlier = new Map(known.map((record) => [record.id, record]));
    const { results, fresh } = judge(samples, snapshot, earlier, withdrawn);
    // A class may have been unlearned since: then nothing was inserted, and the samples are judged anew.
    if (fresh.length === 0 || (await store.insert(fresh, snapshot.version))) return results;
  }
}

/** What becomes of each sample in this state of the registry, and the vectors that are to be inserted. */
function judge(
  samples: readonly Embedded<Sample>[],
  snapshot: RegistrySnapshot,
  known: ReadonlyMap<string, VectorRecord>,
  withdrawn: ReadonlySet<string>,
): { results: (StoredSample | LetheError)[]; fresh: VectorRecord[] } {
  const fresh = new Map<string, VectorRecord>();
  const results = samples.map(({ message: sample, vector }): StoredSample | LetheError => {
    const refusal = refusalOf(sample, snapshot);
    if (refusal) return refusal;
    if (withdrawn.has(sample.id)) return sampleUnlearned(sample);
    const { id, label, task, subject } = sample;
    const className = recordLike(label, snapshot)?.name ?? label;
    const record: VectorRecord = { id, className, task, vector, ...(subject !== undefined && { subject }) };
    const earlier = fresh.get(sample.id) ?? known.get(sample.id);
    if (earlier && !isSame(earlier, record)) return duplicateId(sample, earlier);
    if (!earlier) fresh.set(sample.id, record);
    return { id, className, task, fresh: !earlier };
  });
  return { results, fresh: [...fresh.values()] };
}

/** The class of this very name, or one from before there was a normal form. */
function recordLike(label: string, snapshot: RegistrySnapshot): ClassRecord | undefined {
  return snapshot.classes.get(label) ?? likeNamed(label, snapshot)[0];
}

function isSame(a: VectorRecord, b: VectorRecord): boolean {
  return a.className === b.className && a.task === b.task && dot(a.vector, b.vector) >= SAME_SAMPLE;
}

function refusalOf({ label, task }: Sample, snapshot: RegistrySnapshot): LetheError | undefined {
  // Not under a second name what is known by one that looks the same.
  const record = recordLike(label, snapshot);
  // How many vectors there are of a forgotten class changes nothing: none enters.
  const outcome = outcomeOf('sample', standingOf(record, record?.count ?? 0, snapshot));
  const isOfAnother = record?.state === 'learning' && record.task !== task;
  const refusal = 'refused' in outcome ? outcome.refused : isOfAnother ? 'sample of known' : undefined;
  if (refusal) return classRefusal(refusal, { name: label, record, known: [] }, 'label');
  // Samples of a task that was not announced yet, or failed, may come before it is.
  if (!record && isTaskKnown(task, snapshot)) {
    return new LetheError('unknown-class', `class "${label}" is not one of task "${task}"`, {
      field: 'label',
      value: label,
      remedy: 'Add the class to the learn command of its task, or correct the label.',
    });
  }
  return undefined;
}

function sampleUnlearned({ id }: Sample): LetheError {
  return new LetheError(
    'sample-unlearned',
    `the sample "${id}" was unlearned; Lethe does not store it again`,
    {
      field: 'id',
      value: id,
      remedy: 'Nothing to do. A different sample needs a different id.',
    },
  );
}

function duplicateId(sample: Sample, earlier: VectorRecord): LetheError {
  return new LetheError('duplicate-id', `id "${sample.id}" already belongs to another sample`, {
    field: 'id',
    value: sample.id,
    remedy: `Give each sample its own id. The stored sample with this id is of class "${earlier.className}".`,
  });
}
