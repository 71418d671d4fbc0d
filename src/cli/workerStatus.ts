import { z } from 'zod';
import type { GatewayClient } from '../adapters/http/client.js';
import { CLASS_STATES, type ClassState } from '../domain/classes.js';
import { parseOrRefuse } from '../domain/refusal.js';
import { TAKES } from '../domain/takes.js';

/**
 * What a worker says of itself (`GET /v1/status`), as far as the schema names it.
 * @throws LetheError `unreachable` if what answers is no Lethe that says this
 */
export async function workerStatus<S extends z.ZodType>(
  client: Pick<GatewayClient, 'status'>,
  schema: S,
): Promise<z.infer<S>> {
  return parseOrRefuse(schema, await client.status(), {
    code: 'unreachable',
    subject: 'the status of the worker',
    remedy: 'Check that the address is that of a Lethe gateway, of this version or a newer one.',
  });
}

const statesSchema = z.object({
  classes: z.array(z.object({ name: z.string(), state: z.enum(CLASS_STATES) })),
});

/** The states of the classes that Lethe knows, by name. @throws LetheError as {@link workerStatus} */
export async function classStates(
  client: Pick<GatewayClient, 'status'>,
): Promise<ReadonlyMap<string, ClassState>> {
  const { classes } = await workerStatus(client, statesSchema);
  return new Map(classes.map(({ name, state }) => [name, state]));
}

const takenSchema = z.object({
  // An older Lethe says neither, and takes images.
  takes: z.enum(TAKES).default('images'),
  dimension: z.int().positive().nullable().default(null),
});
/** What a running Lethe embeds, and the size of its vectors; null where it does not say. */
export type TakenInputs = z.infer<typeof takenSchema>;

/** What Lethe can be sent. @throws LetheError as {@link workerStatus} */
export function takenInputs(client: Pick<GatewayClient, 'status'>): Promise<TakenInputs> {
  return workerStatus(client, takenSchema);
}
