import type { Changeable } from '../../adapters/knowledgeStore.js';
import type { ClassRecord } from '../../domain/classes.js';
import { LetheError, type ReasonCode } from '../../domain/errors.js';
import { likeNamed } from '../../domain/likeNamed.js';
import type { Command } from '../../domain/messages/command.js';
import { eraseClasses } from '../../forgetting/eraseClasses.js';
import { relearnClasses, unlearnClasses } from '../../forgetting/migrateClasses.js';
import { type Samples, unlearnSamples } from '../../forgetting/unlearnSamples.js';
import type { Effect } from './told.js';

/** A command that was carried out and reported, but that the store does not know. */
export interface Missing {
  readonly effect: Effect;
  /** The command at its position in the topic of commands; undefined if the topic no longer contains it. */
  readonly command: Command | undefined;
  readonly position: string;
}

/** Task of a class of which only the forgetting is known. */
const UNKNOWN_TASK = 'lost';

/**
 * Carries a command out again, on the current store. Classes that it forgot, and that do not exist, are recorded as
 * forgotten: their samples must not be accepted as samples of unknown classes.
 * @throws LetheError `internal` if samples were to be forgotten, and the command that names them is gone
 */
export async function carryOut(missing: Missing, store: Changeable): Promise<void> {
  const { effect, position } = missing;
  const id = effect.commandId;
  const classes = effect.kind === 'samples-unlearned' ? [] : effect.classes.map(({ name }) => name);
  const started = performance.now();
  switch (effect.kind) {
    case 'samples-unlearned':
      await unlearnSamples({ id, position, samples: samplesOf(missing) }, store, started);
      return;
    case 'relearned':
      await unlessRefused(() => relearnClasses({ id, classes, position }, store, started));
      return;
    case 'unlearned':
    case 'erase-accepted':
      await noteAbsent(classes, store);
      await unlessRefused(() =>
        effect.kind === 'unlearned'
          ? unlearnClasses({ id, classes, position }, store, started, {
              by: effect.by,
              ...(effect.votes && { votes: effect.votes }),
            })
          : eraseClasses({ kind: 'erase', id, classes, now: true }, position, store, started),
      );
  }
}

/** @throws LetheError `internal` if the command is gone: the chain contains only hashes of the samples */
function samplesOf({ effect, command, position }: Missing): Samples {
  if (command?.kind === 'unlearn' && command.samples) return { ids: command.samples };
  if (command?.kind === 'unlearn' && command.subject !== undefined) return { subject: command.subject };
  throw new LetheError(
    'internal',
    `the topic no longer has the command ${effect.commandId}, which unlearned samples`,
    {
      field: 'commandId',
      value: effect.commandId,
      remedy: `Restore a newer backup of Redis, or write the command to its topic again under the same id (it was at ${position}).`,
    },
  );
}

/** Records unknown classes as unlearned, without any data. */
async function noteAbsent(names: readonly string[], { registry }: Changeable): Promise<void> {
  await registry.update(({ classes }) => {
    const absent = names.filter((name) => likeNamed(name, { classes }).length === 0);
    if (absent.length === 0) return null;
    return {
      put: absent.map(
        (name): ClassRecord => ({ name, state: 'unlearned', task: UNKNOWN_TASK, count: 0, centroid: null }),
      ),
    };
  });
}

/**
 * A refusal of the store means that the state is already reached, or cannot be: a class that is unlearned, or did not
 * exist to be relearned.
 */
async function unlessRefused(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof LetheError && NOTHING_TO_DO.has(error.code))) throw error;
  }
}

const NOTHING_TO_DO: ReadonlySet<ReasonCode> = new Set([
  'class-unlearned',
  'class-not-learned',
  'class-erased',
  'class-erasing',
  'unknown-class',
]);
