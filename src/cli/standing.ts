import { z } from 'zod';
import type { GatewayClient } from '../adapters/http/client.js';
import type { Command } from '../domain/messages/command.js';
import type { Look, Patience } from '../following/patience.js';
import { workerStatus } from './workerStatus.js';

/** The fields of `GET /v1/status` that are used. */
const statusSchema = z.object({
  classes: z.array(z.object({ task: z.string(), vectors: z.number() })).default([]),
  lag: z.record(z.string(), z.number()).default({}),
});
type Seen = z.infer<typeof statusSchema>;

/** How long to wait for a command without news, and how to check its progress meanwhile. */
export function patienceWith(command: Command, client: GatewayClient, seconds: number): Patience {
  return {
    silenceMs: seconds * 1000,
    look: async () => lookAt(command, await workerStatus(client, statusSchema)),
  };
}

function lookAt(command: Command, seen: Seen): Look {
  const missing = `it is in the topic, and ${unread(seen)}`;
  if (command.kind !== 'learn') return { missing };
  const classes = seen.classes.filter(({ task }) => task === command.task);
  if (classes.length === 0) return { missing };
  const stored = classes.reduce((sum, { vectors }) => sum + vectors, 0);
  // Samples that are stored show that it goes on, although no event tells of each.
  return {
    mark: String(stored),
    missing: `task ${command.task} has ${stored} of ${command.samples} samples`,
  };
}

function unread({ lag }: Seen): string {
  const [topic, waiting] = Object.entries(lag).find(([name]) => name.endsWith('commands')) ?? [];
  if (topic === undefined || waiting === undefined) return 'the number of waiting commands is unknown';
  return waiting > 0 ? `${waiting} commands wait in ${topic}` : `no command waits in ${topic}`;
}
