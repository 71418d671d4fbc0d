import type { ClassEvidence } from '../domain/classEvidence.js';
import { LetheError } from '../domain/errors.js';
import type { Place } from '../domain/places.js';
import { topicPlaces } from '../domain/topicPlaces.js';
import { lookAt, placesOf } from '../forgetting/lookAt.js';
import type { Classifier } from '../model/classifier.js';
import type { Context } from '../streams/context.js';
import { topicsHolding } from '../streams/purgeTopics.js';
import { topicsNaming } from '../streams/topicsNaming.js';

/** What a worker checks. */
export type EvidenceSources = Pick<
  Context,
  'worker' | 'store' | 'checkpoints' | 'current' | 'log' | 'topics' | 'settings'
>;

/** Looks that may be spoilt by a change of the registry in between. */
const LOOKS = 5;

/**
 * What the deployment holds of a class, checked now, at one version of the registry. Read-only.
 * @param options.countRecords whether to read the topics completely, for records that name the class
 * @throws LetheError `overloaded`, retriable, if the registry changes faster than the check
 */
export async function classEvidence(
  className: string,
  sources: EvidenceSources,
  { countRecords = false }: { readonly countRecords?: boolean | undefined } = {},
): Promise<ClassEvidence> {
  const {
    worker,
    store: { registry },
    current,
  } = sources;
  const knows = ({ version, classes: known }: Pick<Classifier, 'version' | 'classes'>) => ({
    version,
    knows: known.includes(className),
  });
  for (let look = 0; look < LOOKS; look++) {
    const { version, classes: records, model } = await registry.refresh();
    const record = records.get(className);
    const seen = await lookAt([className], sources);
    const answering = current.value;
    if ((await registry.refresh()).version !== version) continue;
    return {
      class: className,
      seenAt: new Date().toISOString(),
      worker,
      registryVersion: version,
      state: record?.state ?? null,
      vectors: seen.vectors,
      model: model && knows(model),
      answering: answering && knows(answering),
      checkpoints: { ...seen.checkpoints, knowing: [...seen.checkpoints.knowing] },
      places: [
        ...placesOf(seen, record?.erasure),
        ...(await topicsOf(className, record?.erasure?.at, countRecords, sources)),
      ],
    };
  }
  throw new LetheError('overloaded', 'the registry kept changing during the check', {
    field: 'class',
    value: className,
    remedy: 'Repeat the request when Lethe is neither learning nor forgetting.',
    retriable: true,
  });
}

/** @param erasedAt time of the deletion of the class */
async function topicsOf(
  className: string,
  erasedAt: string | undefined,
  countRecords: boolean,
  sources: EvidenceSources,
): Promise<Place[]> {
  const topics = await topicsHolding(sources);
  return countRecords ? topicsNaming(className, topics, erasedAt, sources) : topicPlaces(topics);
}
