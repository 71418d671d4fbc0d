import { concatMap, merge, Observable, of, takeUntil } from 'rxjs';
import type { ClassRecord } from '../domain/classes.js';
import { toLetheError } from '../domain/errors.js';
import type { LetheEvent } from '../domain/messages/event.js';
import type { InTurn } from '../operators/inTurn.js';
import { mapInBatches } from '../operators/mapInBatches.js';
import { erasable, giveUpErasing, purgeClasses } from '../operators/purgeClasses.js';
import { needsRebuild, rebuildModel } from '../operators/rebuildModel.js';
import { announce } from './announce.js';
import type { Context } from './context.js';
import { purgeTopics } from './purgeTopics.js';
import { replaceClassifier } from './replaceClassifier.js';
import type { Signal } from './signal.js';

/**
 * Erases the classes that the registry says are to be erased: rebuilds the model without them, then deletes their vectors,
 * the models that knew them and their dead letters. It looks at the registry when it begins and after every change, so
 * that it goes on after a restart; requests that come meanwhile share the next rebuild.
 */
export function erasing(
  context: Context,
  changes: Observable<LetheEvent>,
  inTurn: InTurn,
): Observable<Signal> {
  return merge(of(null), changes).pipe(
    takeUntil(context.stop),
    mapInBatches(Number.POSITIVE_INFINITY, async () => [null]),
    concatMap(() => eraseWhatIsWanted(context, inTurn)),
    concatMap(announce(context)),
  );
}

function eraseWhatIsWanted(context: Context, inTurn: InTurn): Observable<LetheEvent> {
  return new Observable((subscriber) => {
    const emit = (event: LetheEvent): void => subscriber.next(event);
    erase(context, inTurn, emit).then(
      () => subscriber.complete(),
      (error: unknown) => subscriber.error(error),
    );
  });
}

async function erase(context: Context, inTurn: InTurn, emit: (event: LetheEvent) => void): Promise<void> {
  const { store } = context;
  const wanted = toBeErased(await store.registry.refresh());
  if (wanted.length === 0) return;
  if (needsRebuild(store.registry.snapshot())) {
    try {
      await rebuild(wanted, context, inTurn, emit);
    } catch (error) {
      await giveUp(wanted, error, context, emit);
      return;
    }
  }
  for (const each of erasable(await store.registry.refresh())) {
    const started = performance.now();
    const classes = each.classes.map(({ name }) => name);
    const checkpoints = await context.checkpoints.removeOf(classes);
    const topics = await purgeTopics(classes, context);
    const { vectors, registryVersion } = await purgeClasses(each, store);
    const databaseFiles = await store.rewriteFiles();
    emit({
      kind: 'erased',
      commandId: each.commandId,
      classes: each.classes.map(({ name, count }) => ({ name, vectors: vectors.get(name) || count })),
      modelVersion: store.registry.snapshot().model?.version ?? 'none',
      checkpoints,
      databaseFiles,
      ...topics,
      registryVersion,
      ms: performance.now() - started,
    });
  }
}

function rebuild(
  wanted: readonly ClassRecord[],
  context: Context,
  inTurn: InTurn,
  emit: (event: LetheEvent) => void,
): Promise<void> {
  const { trainer, store, load, settings } = context;
  const { margin, samples } = settings.rebuild;
  const name = `rebuild-${wanted[0]?.erasing}`;
  const install = (loaded: Parameters<typeof replaceClassifier>[1]): void =>
    replaceClassifier(context, loaded);
  const rebuilding = { trainer, store, load, install, inTurn, margin, samples, seed: settings.seed };
  return rebuildModel(name, rebuilding, emit);
}

/** A rebuild that failed is not tried again by itself: its classes stay suppressed until the command is sent again. */
async function giveUp(
  wanted: readonly ClassRecord[],
  error: unknown,
  { store }: Context,
  emit: (event: LetheEvent) => void,
): Promise<void> {
  const commandIds = [...new Set(wanted.flatMap((record) => record.erasing ?? []))];
  await giveUpErasing(commandIds, store);
  for (const commandId of commandIds) {
    const classes = wanted.filter((record) => record.erasing === commandId).map(({ name }) => name);
    emit({
      kind: 'erase-failed',
      commandId,
      classes,
      error: toLetheError(error, 'training-failed').toJSON(),
    });
  }
}

function toBeErased({ classes }: { readonly classes: ReadonlyMap<string, ClassRecord> }): ClassRecord[] {
  return [...classes.values()].filter((record) => record.erasing !== undefined);
}
