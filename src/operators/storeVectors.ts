import type { OperatorFunction } from 'rxjs';
import { FORGOTTEN, type RegistrySnapshot } from '../domain/classes.js';
import { LetheError } from '../domain/errors.js';
import type { Sample } from '../domain/messages/sample.js';
import { dot } from '../domain/vector.js';
import type { KnowledgeStore } from '../stores/knowledgeStore.js';
import type { VectorRecord } from '../stores/vectorDatabase.js';
import type { Embedded } from './embed.js';
import type { Flow } from './flow.js';
import { mapAcceptedInBatches } from './mapAccepted.js';
import { type Probe, timedAsync } from './probe.js';

/** A sample whose vector lies in DB-CIL. */
export interface StoredSample {
  readonly id: string;
  readonly task: string;
  /** False where the very same sample was stored before: a redelivery, which must not be counted again. */
  readonly fresh: boolean;
}

/** Two unit vectors closer than this are the same sample, embedded twice (batching changes the last bits). */
const SAME_SAMPLE = 0.9999;

/**
 * Stores samples in DB-CIL, by id. Refused are samples of unlearned classes (they never re-enter), of classes
 * whose task is over, and those that reuse the id of another sample.
 */
export function storeVectors(
  store: KnowledgeStore,
  options: { readonly batchSize: number; readonly probe: Probe },
): OperatorFunction<Flow<Embedded<Sample>>, Flow<StoredSample>> {
  return mapAcceptedInBatches(options.batchSize, (samples, sources) =>
    timedAsync(options.probe, 'store', sources, () => storeBatch(store, samples)),
  );
}

async function storeBatch(
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
    const { id, label: className, task, subject } = sample;
    const record: VectorRecord = { id, className, task, vector, ...(subject !== undefined && { subject }) };
    const earlier = fresh.get(sample.id) ?? known.get(sample.id);
    if (earlier && !isSame(earlier, record)) return duplicateId(sample, earlier);
    if (!earlier) fresh.set(sample.id, record);
    return { id: sample.id, task: sample.task, fresh: !earlier };
  });
  return { results, fresh: [...fresh.values()] };
}

function isSame(a: VectorRecord, b: VectorRecord): boolean {
  return a.className === b.className && a.task === b.task && dot(a.vector, b.vector) >= SAME_SAMPLE;
}

function refusalOf({ label, task }: Sample, snapshot: RegistrySnapshot): LetheError | undefined {
  const record = snapshot.classes.get(label);
  if (record?.state === 'erased') return classErased(label);
  if (record && FORGOTTEN.includes(record.state)) {
    return new LetheError(
      'class-unlearned',
      `class "${label}" was unlearned; its samples no longer enter DB-CIL`,
      {
        field: 'label',
        value: label,
        remedy: 'Send a relearn command for the class first, then replay this dead letter.',
      },
    );
  }
  if (record && (record.state === 'learned' || record.task !== task)) {
    return new LetheError(
      'class-known',
      `class "${label}" belongs to task "${record.task}", which is ${record.state}`,
      {
        field: 'label',
        value: label,
        remedy:
          'A class is learned in one task: send all its samples under that task, before it is complete.',
      },
    );
  }
  if (!record && [...snapshot.classes.values()].some((other) => other.task === task)) {
    return new LetheError('unknown-class', `class "${label}" is not one of task "${task}"`, {
      field: 'label',
      value: label,
      remedy: 'Name the class in the learn command of its task, or correct the label.',
    });
  }
  return undefined;
}

function classErased(label: string): LetheError {
  return new LetheError('class-erased', `class "${label}" was erased; its samples do not enter DB-CIL`, {
    field: 'label',
    value: label,
    remedy: 'To learn the class anew, announce it first: send a learn command, then new samples.',
  });
}

function sampleUnlearned({ id }: Sample): LetheError {
  return new LetheError(
    'sample-unlearned',
    `the sample "${id}" was unlearned; it does not enter DB-CIL again`,
    {
      field: 'id',
      value: id,
      remedy: 'Nothing to do. Another sample needs an id of its own.',
    },
  );
}

function duplicateId(sample: Sample, earlier: VectorRecord): LetheError {
  return new LetheError('duplicate-id', `id "${sample.id}" already names another sample`, {
    field: 'id',
    value: sample.id,
    remedy: `Give every sample an id of its own; the one stored under this id is of class "${earlier.className}".`,
  });
}
