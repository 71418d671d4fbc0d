import { concat, concatMap, merge, Observable, of, takeUntil } from 'rxjs';
import type { ClassRecord, RegistrySnapshot } from '../domain/classes.js';
import { toLetheError } from '../domain/errors.js';
import type { InTurn } from '../domain/inTurn.js';
import type { LetheEvent } from '../domain/messages/event.js';
import { topicPlaces } from '../domain/topicPlaces.js';
import { lookAt, placesOf } from '../forgetting/lookAt.js';
import { erasable, giveUpErasing, noteFiles, purgeClasses } from '../forgetting/purgeClasses.js';
import { needsRebuild, rebuildModel } from '../forgetting/rebuildModel.js';
import { needsRevision, reviseModel } from '../forgetting/reviseModel.js';
import { type Perseverance, persevere } from '../learning/persevere.js';
import { mapInBatches } from '../operators/mapInBatches.js';
import { announce } from './announce.js';
import type { Answering, Common, Keeping, Making } from './context.js';
import { modelMaking } from './modelMaking.js';
import { persevering } from './persevering.js';
import { purgeTopics } from './purgeTopics.js';
import type { Signal } from './signal.js';

type Erasing = Common & Making & Answering & Keeping;

/**
 * Keeps the model in step with the registry's learned classes, where the learner can revise it exactly. And erases the
 * classes that the registry says are to be erased: makes the model without them, then deletes their vectors, the models
 * that knew them and their dead letters. Unlearned samples are removed from the model alike. It looks at the registry
 * when it begins and after every change, so that it goes on after a restart, also one in the midst of a
 * rebuild; requests that come meanwhile share the next rebuild.
 */
export function erasing(
  context: Erasing,
  changes: Observable<LetheEvent>,
  inTurn: InTurn,
): Observable<Signal> {
  return persevering(context, 'erasing', (perseverance) =>
    merge(of(null), changes).pipe(
      takeUntil(context.stop),
      mapInBatches(Number.POSITIVE_INFINITY, async () => [null]),
      concatMap(() => eraseWhatIsWanted(context, inTurn, perseverance)),
    ),
  );
}

/**
 * What no model knows is erased first: it neither waits for the model without another class, nor fails with it. The events
 * of one step are published before the next one looks at the registry: an erasure that is not published yet is still there,
 * and would be done again.
 */
function eraseWhatIsWanted(context: Erasing, inTurn: InTurn, perseverance: Perseverance): Observable<Signal> {
  const published = (work: (emit: Emit) => Promise<void>): Observable<Signal> =>
    emitting(work).pipe(concatMap(announce(context)));
  const purging = published((emit) => purgeUnknown(context, inTurn, emit));
  return concat(
    purging,
    published((emit) => renewOutdated(context, inTurn, emit, perseverance)),
    purging,
  );
}

type Emit = (event: LetheEvent) => void;

/** The events that the work emits, until it is done. */
function emitting(work: (emit: Emit) => Promise<void>): Observable<LetheEvent> {
  return new Observable((subscriber) => {
    work((event) => subscriber.next(event)).then(
      () => subscriber.complete(),
      (error: unknown) => subscriber.error(error),
    );
  });
}

/** Erases the classes that are to be erased and that the current model does not know. */
async function purgeUnknown(context: Erasing, inTurn: InTurn, emit: Emit): Promise<void> {
  const { store } = context;
  for (const each of erasable(await store.registry.refresh())) {
    const started = performance.now();
    const classes = each.classes.map(({ name }) => name);
    const torn = await inTurn(() => context.checkpoints.removeTorn());
    const checkpoints = torn + (await context.checkpoints.removeOf(classes));
    const topics = await purgeTopics(classes, context);
    const { vectors, registryVersion } = await purgeClasses(each, store);
    const databaseFiles = await store.rewriteFiles();
    await noteFiles([each.commandId], databaseFiles, store);
    const erasure = { since: registryVersion, files: databaseFiles };
    const places = placesOf(await lookAt(classes, context), erasure);
    emit({
      kind: 'erased',
      commandId: each.commandId,
      classes: each.classes.map(({ name, count }) => ({ name, vectors: vectors.get(name) || count })),
      modelVersion: store.registry.snapshot().model?.version ?? 'none',
      checkpoints,
      databaseFiles,
      ...topics,
      places: [...places, ...topicPlaces(topics.topics)],
      registryVersion,
      ms: performance.now() - started,
    });
  }
}

/** Makes the model that the registry asks for; where that fails, gives up the erasures that need it. */
async function renewOutdated(
  context: Erasing,
  inTurn: InTurn,
  emit: Emit,
  perseverance: Perseverance,
): Promise<void> {
  const { store } = context;
  const waiting = waitingForModel(await store.registry.refresh());
  if (!isOutdated(context)) return;
  try {
    const seen = withSamplesUnlearned(store.registry.snapshot());
    await persevere(() => renew(context, inTurn, emit), perseverance);
    const current = store.registry.snapshot().model?.version;
    if (seen.length > 0 && current) await context.checkpoints.removeOf(seen, current);
  } catch (error) {
    // What a drain breaks off is still wanted: the next start goes on with it.
    if (!perseverance.stopping.aborted) await giveUp(waiting, error, context, emit);
  }
}

function isOutdated({ trainer, store }: Common & Making): boolean {
  const snapshot = store.registry.snapshot();
  return trainer.revise ? needsRevision(snapshot) : needsRebuild(snapshot);
}

/** By subtraction where the learner can, else by a rebuild. */
function renew(context: Erasing, inTurn: InTurn, emit: Emit): Promise<void> {
  const { trainer, store, settings } = context;
  const making = modelMaking(context, inTurn);
  if (trainer.revise)
    return reviseModel({ ...making, revise: trainer.revise, calibration: trainer.calibration }, emit);
  const { margin, samples } = settings.rebuild;
  const name = `rebuild-${store.registry.snapshot().model?.version}`;
  return rebuildModel(name, { ...making, trainer, margin, samples, seed: settings.seed }, emit);
}

/** A rebuild that failed is not tried again by itself: its classes stay suppressed until the command is sent again. */
async function giveUp(
  waiting: readonly ClassRecord[],
  error: unknown,
  { store }: Common,
  emit: Emit,
): Promise<void> {
  const failure = toLetheError(error, 'training-failed').toJSON();
  if (waiting.length === 0) emit({ kind: 'rebuild-failed', error: failure });
  const commandIds = [...new Set(waiting.flatMap((record) => record.erasing ?? []))];
  await giveUpErasing(commandIds, store);
  for (const commandId of commandIds) {
    const classes = waiting.filter((record) => record.erasing === commandId).map(({ name }) => name);
    emit({ kind: 'erase-failed', commandId, classes, error: failure });
  }
}

/** Classes of which samples were unlearned that models have seen. */
function withSamplesUnlearned({ classes }: RegistrySnapshot): string[] {
  return [...classes.values()].flatMap(({ name, withdrawn = 0 }) => (withdrawn > 0 ? [name] : []));
}

/** Classes of the commands that ask to erase something the current model knows; the others need no new model. */
function waitingForModel({ classes, model }: RegistrySnapshot): ClassRecord[] {
  const wanted = [...classes.values()].filter((record) => record.erasing !== undefined);
  const known = wanted.filter(({ name }) => model?.classes.includes(name));
  const commands = new Set(known.map(({ erasing }) => erasing));
  return wanted.filter(({ erasing }) => commands.has(erasing));
}
