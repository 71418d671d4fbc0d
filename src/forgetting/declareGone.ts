import { z } from 'zod';
import type { CommandReceipt, KnowledgeStore } from '../adapters/knowledgeStore.js';
import { LetheError } from '../domain/errors.js';
import type { KnownHolder } from '../domain/holders.js';
import type { DeclareGoneCommand } from '../domain/messages/command.js';
import type { LetheEvent } from '../domain/messages/event.js';

type Gone = Extract<LetheEvent, { kind: 'workers-gone' }>;

const workerSchema = z.object({ id: z.string(), worker: z.string(), folder: z.string(), seenAt: z.string() });
const detailsSchema = z.object({ workers: z.array(workerSchema) });

/**
 * Notes that a person declares folders of workers gone: no erasure waits for them, until they tell of themselves again.
 * @throws LetheError `unknown-worker`; then nothing was noted
 */
export async function declareGone(
  { id, workers: ids }: DeclareGoneCommand,
  position: string,
  { registry, holders }: KnowledgeStore,
  startedAt: number,
): Promise<Gone> {
  const known = await holders.list();
  const workers = [...new Set(ids)].map((wanted) => foundIn(known, wanted));
  const details = { command: 'declare-gone', workers };
  const { version } = await registry.update(() => ({
    holdersGone: workers.map(({ id: holder, seenAt }) => ({ id: holder, seenAt })),
    command: { id, position, details },
  }));
  return goneEvent({ id, details, registryVersion: version }, startedAt);
}

/** The event of a declaration, from what was done or from its receipt. */
export function goneEvent(
  { id, details, registryVersion }: Pick<CommandReceipt, 'id' | 'details' | 'registryVersion'>,
  startedAt: number,
): Gone {
  const { workers } = detailsSchema.parse(details);
  return { kind: 'workers-gone', commandId: id, workers, registryVersion, ms: performance.now() - startedAt };
}

function foundIn(known: readonly KnownHolder[], wanted: string): z.infer<typeof workerSchema> {
  const found = known.find(({ id }) => id === wanted);
  if (found) return workerSchema.parse(found);
  throw new LetheError('unknown-worker', `no worker has the id ${wanted}`, {
    field: 'workers',
    value: wanted,
    remedy: 'Use the ids that `lethe workers` lists.',
  });
}
