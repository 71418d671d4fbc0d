import { z } from 'zod';
import {
  type EventOf,
  goneWorkerSchema,
  type LetheEvent,
  samplesOfClassSchema,
  votesSchema,
} from './messages/event.js';

const classes = z.array(z.string());

/**
 * The effect of a command, as its receipt keeps it: its event, without what the store adds and without the duration.
 */
export const effectSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('task-announced'), task: z.string(), classes, samples: z.int() }),
  z.object({
    kind: z.literal('unlearned'),
    by: z.enum(['name', 'examples']),
    classes,
    votes: votesSchema.optional(),
  }),
  z.object({ kind: z.literal('relearned'), classes }),
  z.object({ kind: z.literal('erase-accepted'), classes }),
  z.object({
    kind: z.literal('samples-unlearned'),
    by: z.enum(['id', 'subject']),
    asked: z.int(),
    classes: z.array(samplesOfClassSchema),
  }),
  z.object({ kind: z.literal('workers-gone'), workers: z.array(goneWorkerSchema) }),
]);
export type Effect = z.infer<typeof effectSchema>;
export type EffectOf<K extends Effect['kind']> = Extract<Effect, { kind: K }>;

/** What the store adds to an effect. */
interface Done {
  /** Id of the command. */
  readonly id: string;
  /** Vectors moved, by the class name in the registry, which may differ from that in the command. */
  readonly moved: ReadonlyMap<string, number>;
  /** Version of the registry that the command made. */
  readonly registryVersion: number;
}

/**
 * The event of an effect, new or from a receipt.
 * @param startedAt `performance.now()` at the reading of the command
 */
export function eventOf<K extends Effect['kind']>(
  effect: EffectOf<K>,
  done: Done,
  startedAt: number,
): EventOf<K>;
export function eventOf(effect: Effect, { id, moved, registryVersion }: Done, startedAt: number): LetheEvent {
  if (effect.kind === 'task-announced') return { ...effect, commandId: id };
  const done = { commandId: id, registryVersion, ms: performance.now() - startedAt };
  if (effect.kind === 'samples-unlearned' || effect.kind === 'workers-gone') return { ...effect, ...done };
  const names = moved.size > 0 ? [...moved.keys()] : effect.classes;
  return { ...effect, ...done, classes: names.map((name) => ({ name, moved: moved.get(name) ?? 0 })) };
}

/** Names of the classes, or ids of the workers, that an effect is about. */
export function aboutOf(effect: Effect): string[] {
  if (effect.kind === 'workers-gone') return effect.workers.map(({ id }) => id);
  return effect.classes.map((each) => (typeof each === 'string' ? each : each.name));
}
