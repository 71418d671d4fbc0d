import type { z } from 'zod';
import type { KnowledgeStore } from '../adapters/knowledgeStore.js';
import { type EffectOf, eventOf } from '../domain/effects.js';
import { LetheError } from '../domain/errors.js';
import type { KnownHolder } from '../domain/holders.js';
import type { DeclareGoneCommand } from '../domain/messages/command.js';
import { type EventOf, goneWorkerSchema } from '../domain/messages/event.js';

/**
 * Records that a person declares folders of workers gone: erasures do not wait for them until they report again.
 * @throws LetheError `unknown-worker`; then nothing was recorded
 */
export async function declareGone(
  { id, workers: ids }: DeclareGoneCommand,
  position: string,
  { registry, holders }: KnowledgeStore,
  startedAt: number,
): Promise<EventOf<'workers-gone'>> {
  const known = await holders.list();
  const workers = [...new Set(ids)].map((wanted) => foundIn(known, wanted));
  const details: EffectOf<'workers-gone'> = { kind: 'workers-gone', workers };
  const { version } = await registry.update(() => ({
    holdersGone: workers.map(({ id: holder, seenAt }) => ({ id: holder, seenAt })),
    command: { id, position, details },
  }));
  return eventOf(details, { id, moved: new Map(), registryVersion: version }, startedAt);
}

function foundIn(known: readonly KnownHolder[], wanted: string): z.infer<typeof goneWorkerSchema> {
  const found = known.find(({ id }) => id === wanted);
  if (found) return goneWorkerSchema.parse(found);
  throw new LetheError('unknown-worker', `no worker has the id ${wanted}`, {
    field: 'workers',
    value: wanted,
    remedy: 'Use the ids that `lethe workers` lists.',
  });
}
