import { z } from 'zod';
import { type ClassRecord, classesIn, type RegistrySnapshot } from '../domain/classes.js';
import type { LetheEvent } from '../domain/messages/event.js';
import type { CommandReceipt, KnowledgeStore } from '../stores/knowledgeStore.js';
import { classCentre } from './classCentre.js';

type SamplesUnlearned = Extract<LetheEvent, { kind: 'samples-unlearned' }>;

/** Samples to be unlearned: by id, or all of a subject. */
export type Samples = { readonly ids: readonly string[] } | { readonly subject: string };

/** What the receipt keeps for the event. */
const detailsSchema = z.object({
  samplesBy: z.enum(['id', 'subject']),
  asked: z.int(),
  classes: z.array(z.object({ name: z.string(), removed: z.int(), remaining: z.int() })),
});

/**
 * Unlearns samples: their vectors are deleted and their ids never stored again; counts and centroids of their classes are
 * corrected. The model's weights have seen them until the next rebuild, which the registry asks for (`withdrawn`). A class
 * of which nothing remains is unlearned.
 * @param startedAt `performance.now()` at the reading of the command
 */
export async function unlearnSamples(
  { id, position, samples }: { readonly id: string; readonly position: string; readonly samples: Samples },
  store: KnowledgeStore,
  startedAt: number,
): Promise<SamplesUnlearned> {
  const { vectors, registry } = store;
  const ids = 'ids' in samples ? [...new Set(samples.ids)] : await vectors.idsOf(samples.subject);
  await countAsArrived(ids, store);
  const removed = await vectors.withdraw(ids);
  const centres = new Map<string, Awaited<ReturnType<typeof classCentre>>>();
  for (const name of removed.keys()) centres.set(name, await classCentre(vectors, name));
  const details: z.infer<typeof detailsSchema> = {
    samplesBy: 'ids' in samples ? 'id' : 'subject',
    asked: ids.length,
    classes: [...removed].map(([name, count]) => ({
      name,
      removed: count,
      remaining: centres.get(name)?.count ?? 0,
    })),
  };
  const { version } = await registry.update((now) => ({
    put: [...removed].flatMap(([name, count]) => {
      const record = now.classes.get(name);
      const centre = centres.get(name);
      return record && centre ? [corrected(record, centre, count, now)] : [];
    }),
    command: { id, position, details },
  }));
  return samplesUnlearnedEvent({ id, details, registryVersion: version }, startedAt);
}

/** Whether a receipt is one of unlearned samples. */
export function isOfSamples({ details }: Pick<CommandReceipt, 'details'>): boolean {
  return detailsSchema.safeParse(details).success;
}

/** The event of unlearned samples, from what was done or from its receipt. */
export function samplesUnlearnedEvent(
  { id, details, registryVersion }: Pick<CommandReceipt, 'id' | 'details' | 'registryVersion'>,
  startedAt: number,
): SamplesUnlearned {
  const { samplesBy, asked, classes } = detailsSchema.parse(details);
  return {
    kind: 'samples-unlearned',
    commandId: id,
    by: samplesBy,
    asked,
    classes,
    registryVersion,
    ms: performance.now() - startedAt,
  };
}

/** A task whose samples are arriving does not wait for those that are deleted. */
async function countAsArrived(ids: readonly string[], { vectors, registry }: KnowledgeStore): Promise<void> {
  const learning = new Map(
    classesIn(await registry.refresh(), 'learning').map(({ name, task }) => [name, task]),
  );
  if (learning.size === 0) return;
  for (const { id, className } of await vectors.get(ids)) {
    const task = learning.get(className);
    if (task !== undefined) await registry.noteRefused(task, [`unlearned/${id}`]);
  }
}

function corrected(
  record: ClassRecord,
  { count, centroid }: Awaited<ReturnType<typeof classCentre>>,
  removed: number,
  { model }: RegistrySnapshot,
): ClassRecord {
  if (record.state === 'learning') return { ...record, withdrawn: (record.withdrawn ?? 0) + removed };
  const seen = model?.classes.includes(record.name) ?? false;
  return {
    ...record,
    count,
    centroid,
    state: count === 0 && record.state === 'learned' ? 'unlearned' : record.state,
    ...(seen && { withdrawn: (record.withdrawn ?? 0) + removed }),
  };
}
