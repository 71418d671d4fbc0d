import type { ClassRegistry, CommandReceipt } from '../adapters/knowledgeStore.js';
import { sha256 } from '../domain/auditChain.js';
import { aboutOf, type Effect, effectSchema } from '../domain/effects.js';
import { LetheError } from '../domain/errors.js';
import type { Confirmation } from '../domain/messages/audit.js';
import { type EventOf, eventSchema, type LetheEvent } from '../domain/messages/event.js';

/** Events about erasures, written long after their command: confirmed by a note, not by the receipt. */
const NOTED = ['erased', 'erasure-completed'] as const;
/** Events about an effect of a command. */
type Effective = EventOf<Effect['kind'] | (typeof NOTED)[number]>;
const EFFECTIVE: ReadonlySet<string> = new Set([
  ...effectSchema.options.map(({ shape }) => shape.kind.value),
  ...NOTED,
]);

/** What of an event is compared with the receipt of its command. */
interface Claim {
  readonly commandId: string | undefined;
  readonly kind: Effect['kind'];
  /** Names of classes, or ids of workers. */
  readonly about: readonly string[];
  readonly registryVersion?: number;
}

/**
 * Notes in the registry that this process is about to report an effect, so that readers can confirm the event:
 * {@link confirmationOf}. For effects without a receipt, such as a completed erasure.
 * @param value the bytes of the event
 */
export async function noteTold(value: Buffer, registry: ClassRegistry): Promise<void> {
  await registry.update(() => ({ command: { id: toldId(value), position: 'events', details: null } }));
}

/** No sender can use an id with a control character. */
function toldId(value: Buffer): string {
  return `\u0001told ${sha256(value)}`;
}

/**
 * Whether the registry confirms an event. It checks receipts, which stay: classes may have been learned or forgotten
 * again since the event was written. It does not compare numbers of vectors and times.
 * @param body of the event, as in the chain
 * @param value its bytes
 * @returns undefined for events without an effect
 */
export async function confirmationOf(
  body: Readonly<Record<string, unknown>>,
  value: Buffer,
  registry: ClassRegistry,
): Promise<Confirmation | undefined> {
  const event = eventSchema.safeParse(body);
  if (!event.success || !isEffective(event.data)) return undefined;
  // Asked first: a version that the registry has not reached yet is none.
  const why = await doubtOf(event.data, value, registry);
  const { version } = registry.snapshot();
  return { confirms: why === null, version, ...(why !== null && { why }) };
}

function isEffective(event: LetheEvent): event is Effective {
  return EFFECTIVE.has(event.kind);
}

/** Why the registry does not confirm it; null if it does. */
async function doubtOf(event: Effective, value: Buffer, registry: ClassRegistry): Promise<string | null> {
  const { version, tasks } = await registry.refresh();
  if (event.kind === 'erased' || event.kind === 'erasure-completed') {
    const told = await receiptOf(toldId(value), registry);
    return told === 'unreadable' || told === null ? 'the registry has no record of this erasure' : null;
  }
  const claim = claimOf(event);
  if (claim.commandId === undefined) {
    // Of a version whose events named no command: the task itself is what is left to ask for.
    const task = event.kind === 'task-announced' ? tasks.get(event.task) : undefined;
    return task && areSame(task.classes, claim.about)
      ? null
      : 'it names no command, and there is no such task';
  }
  const receipt = await receiptOf(claim.commandId, registry);
  if (receipt === 'unreadable') return `the receipt of command ${claim.commandId} can't be read`;
  if (receipt === null) return `the registry has no receipt of command ${claim.commandId}`;
  return differenceOf(claim, receipt, version);
}

function claimOf(event: EventOf<Effect['kind']>): Claim {
  if (event.kind === 'task-announced')
    return { commandId: event.commandId, kind: event.kind, about: event.classes };
  const { commandId, kind, registryVersion } = event;
  const about =
    event.kind === 'workers-gone' ? event.workers.map(({ id }) => id) : event.classes.map(({ name }) => name);
  return { commandId, kind, about, registryVersion };
}

function differenceOf(
  { commandId, kind, about, registryVersion }: Claim,
  receipt: CommandReceipt,
  newest: number,
): string | null {
  const effect = effectSchema.safeParse(receipt.details);
  if (!effect.success) return `the receipt of command ${commandId} does not say what it did`;
  if (effect.data.kind !== kind) return `command ${commandId} had another effect (${effect.data.kind})`;
  const known = [[...receipt.moved.keys()], aboutOf(effect.data)];
  if (!known.some((names) => areSame(names, about)))
    return `command ${commandId} was about other ${kind === 'workers-gone' ? 'workers' : 'classes'}`;
  const { registryVersion: made } = receipt;
  if (registryVersion !== undefined && (registryVersion < made || registryVersion > newest))
    return `command ${commandId} made version ${made} of the registry`;
  return null;
}

/** @throws LetheError if the store is unreachable */
async function receiptOf(id: string, registry: ClassRegistry): Promise<CommandReceipt | 'unreadable' | null> {
  try {
    return await registry.receipt(id);
  } catch (error) {
    // One that is damaged stays so: the chain, which waits for this, would stand still.
    if (error instanceof LetheError && error.code === 'internal' && !error.retriable) return 'unreadable';
    throw error;
  }
}

function areSame(one: readonly string[], other: readonly string[]): boolean {
  const names = new Set(one);
  return names.size === new Set(other).size && other.every((name) => names.has(name));
}
