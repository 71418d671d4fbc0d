import { Command } from 'commander';
import { z } from 'zod';
import { eventLine } from '../domain/describeEvent.js';
import { holderSchema } from '../domain/holders.js';
import type { DeclareGoneCommand } from '../domain/messages/command.js';
import { followCommand } from '../following/followCommand.js';
import { commandId } from './commandId.js';
import { type ConnectionOptions, connect, withConnection } from './connection.js';
import { type CliIo, writeResult } from './io.js';
import { patienceWith } from './standing.js';
import { workerStatus } from './workerStatus.js';

interface GoneOptions extends ConnectionOptions {
  readonly id?: string;
}

const knownSchema = holderSchema.extend({ gone: z.boolean() });
/** What is looked at of `GET /v1/status`. */
const statusSchema = z.object({ workers: z.array(knownSchema) });

/** `lethe workers`: which folders may hold copies of models, and whether they were looked at. */
export function workersCommand(io: CliIo): Command {
  return new Command('workers')
    .description(
      'list workers whose folders may hold copies of models; an erasure waits until each has checked its folder',
    )
    .addCommand(listCommand(io), { isDefault: true })
    .addCommand(goneCommand(io));
}

function listCommand(io: CliIo): Command {
  return withConnection(new Command('list'))
    .description('list them with the results of their checks')
    .addHelpText('after', '\nExamples:\n  $ lethe workers\n  $ lethe workers list --json')
    .action((options: ConnectionOptions) => list(options, io));
}

async function list(options: ConnectionOptions, io: CliIo): Promise<void> {
  const { workers } = await workerStatus(connect(options, io), statusSchema);
  const lines = workers.map(lineOf);
  writeResult(io, options.json, workers, lines.length > 0 ? lines : 'no worker keeps copies');
}

function lineOf(known: z.infer<typeof knownSchema>): string {
  const { id, worker, folder, seenAt } = known;
  return `${id}  ${worker}  ${folder}  seen ${seenAt}  ${standingOf(known)}`;
}

function standingOf({ gone, lookedAt, holds, confirmed }: z.infer<typeof knownSchema>): string {
  if (gone) return 'declared gone';
  if (lookedAt === null) return 'not checked yet';
  return holds.length > 0
    ? `held ${holds.join(', ')} at ${lookedAt}`
    : `held nothing that was erased up to version ${confirmed}, at ${lookedAt}`;
}

function goneCommand(io: CliIo): Command {
  return withConnection(new Command('gone'))
    .description('declare folders and their content gone, so that no erasure waits for them')
    .argument('<ids...>', 'ids from `lethe workers`')
    .option('--id <id>', 'id of the command; Lethe carries out a command once for each id')
    .addHelpText(
      'after',
      `
The audit chain records who declared it. If the worker comes back with its folder, erasures wait for it again.

Example:
  $ lethe workers gone 0b9f3c7e-6c0c-4b7e-9d53-2a9e6c2f9d10`,
    )
    .action((ids: string[], options: GoneOptions) => declareGone(ids, options, io));
}

async function declareGone(workers: string[], options: GoneOptions, io: CliIo): Promise<void> {
  const id = commandId('declare-gone', options.id);
  const client = connect(options, io);
  const command: DeclareGoneCommand = { id, kind: 'declare-gone', workers };
  const patience = patienceWith(command, client, options.timeout);
  const done = await followCommand(client, command, { patience });
  writeResult(io, options.json, done, eventLine(done));
}
