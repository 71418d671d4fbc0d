import { classesIn, type RegistrySnapshot, SUPPRESSED } from '../domain/classes.js';
import { LetheError } from '../domain/errors.js';
import type { LetheEvent } from '../domain/messages/event.js';
import type { ModelVersion } from '../domain/messages/model.js';
import type { Classifier } from '../model/classifier.js';
import type { Revision } from '../model/trainer.js';
import type { KnowledgeStore } from '../stores/knowledgeStore.js';
import { gatherVectors } from './gatherVectors.js';
import type { InTurn } from './inTurn.js';
import { afterRebuild } from './rebuildModel.js';

/** What a revision works with. */
export interface Revising {
  readonly revise: (revision: Revision) => Promise<ModelVersion>;
  readonly store: KnowledgeStore;
  readonly load: (model: ModelVersion) => Promise<Classifier>;
  /** Puts a loaded model in the place of the one that answers. */
  readonly install: (loaded: Classifier) => void;
  readonly inTurn: InTurn;
}

const NOTHING = { classes: [], vectors: new Float32Array(0), labels: new Int32Array(0) };

/**
 * Takes out of the model what the registry calls forgotten, exactly: by subtraction of the vectors that now lie in DB-MU.
 * Where these are not the vectors that were learned (a store of float16, unlearned samples), the model is made anew from
 * DB-CIL instead. It looks at the registry, not at commands, so that several share one revision and none is lost.
 * @throws LetheError `training-failed`
 */
export function reviseModel(
  { revise, store, load, install, inTurn }: Revising,
  emit: (event: LetheEvent) => void,
): Promise<void> {
  return inTurn(async () => {
    const started = performance.now();
    const snapshot = await store.registry.refresh();
    const { model: former } = snapshot;
    if (!former || !needsRevision(snapshot)) return;
    const { model, how } = await revised(former, snapshot, store, revise);
    install(await load(model));
    await store.registry.update((now) => ({ model, put: afterRebuild(now, snapshot, model) }));
    emit({ kind: 'model-published', model });
    emit({
      kind: 'model-revised',
      modelVersion: model.version,
      replaces: former.version,
      without: former.classes.filter((name) => !model.classes.includes(name)),
      how,
      ms: performance.now() - started,
    });
  });
}

/** Whether the model knows a class that is forgotten, or has seen samples that were unlearned. */
export function needsRevision({ classes, model }: RegistrySnapshot): boolean {
  return [...classes.values()].some(
    ({ name, state, withdrawn = 0 }) =>
      model?.classes.includes(name) &&
      (SUPPRESSED.includes(state) || (withdrawn > 0 && state !== 'learning')),
  );
}

async function revised(
  former: ModelVersion,
  snapshot: RegistrySnapshot,
  { vectors }: KnowledgeStore,
  revise: Revising['revise'],
): Promise<{ readonly model: ModelVersion; readonly how: 'subtracted' | 'anew' }> {
  const learned = classesIn(snapshot, 'learned');
  const leaving = classesIn(snapshot, ...SUPPRESSED).filter(({ name }) => former.classes.includes(name));
  if ([...learned, ...leaving].every(({ withdrawn = 0 }) => withdrawn === 0)) {
    const names = leaving.map(({ name }) => name);
    try {
      const forgotten = await gatherVectors(vectors, 'mu', names);
      return { model: await revise({ forgotten, returned: NOTHING }), how: 'subtracted' };
    } catch (error) {
      if (!areOtherVectors(error)) throw error;
    }
  }
  const returned = await gatherVectors(
    vectors,
    'cil',
    learned.map(({ name }) => name),
  );
  return { model: await revise({ forgotten: NOTHING, returned, anew: true }), how: 'anew' };
}

function areOtherVectors(error: unknown): boolean {
  return error instanceof LetheError && (error.field?.startsWith('forgotten') ?? false);
}
