import type { KnowledgeStore } from '../adapters/knowledgeStore.js';
import { type ClassState, classesIn, type RegistrySnapshot, SUPPRESSED } from '../domain/classes.js';
import { LetheError } from '../domain/errors.js';
import type { LetheEvent } from '../domain/messages/event.js';
import type { ModelVersion } from '../domain/messages/model.js';
import { firstVectors } from '../knowledge/firstVectors.js';
import { gatherVectors, withVectors } from '../knowledge/gatherVectors.js';
import { updateBy } from '../knowledge/updateBy.js';
import { installModel, type ModelMaking } from '../learning/installModel.js';
import type { Revision, Trainer } from '../model/trainer.js';
import { afterRebuild, gatherLearned, type Rebuilt, stillEmpty } from './rebuildModel.js';

/** What a revision works with. */
export interface Revising extends ModelMaking {
  readonly revise: (revision: Revision) => Promise<ModelVersion>;
  /** How many vectors of each class that stays a revision brings, where the model will know so many classes. */
  readonly calibration?: Trainer['calibration'] | undefined;
}

const NOTHING = { classes: [], vectors: new Float32Array(0), labels: new Int32Array(0) };

/**
 * Brings the model in step with the registry, exactly. What it calls forgotten is subtracted: the vectors that now lie in
 * DB-MU. What it calls learned but the model does not know is added, from DB-CIL. Where the stored vectors are not those
 * that the model was made of (unlearned samples, a store that lost some), it is made anew from DB-CIL instead. It looks at
 * the registry, not at commands, so that several share one revision and none is lost.
 * @throws LetheError `training-failed`
 */
export function reviseModel(revising: Revising, emit: (event: LetheEvent) => void): Promise<void> {
  const { revise, calibration, store } = revising;
  return revising.inTurn(async () => {
    const started = performance.now();
    const snapshot = await store.registry.refresh();
    const { model: former } = snapshot;
    if (!former || !needsRevision(snapshot)) return;
    const { how, ...rebuilt } = await revised(snapshot, store, { revise, calibration });
    const { model } = rebuilt;
    await installModel(model, revising, emit, () =>
      updateBy(
        store.registry,
        () => stillEmpty(rebuilt, store),
        (now, emptied) => ({ model, put: afterRebuild(now, { ...rebuilt, emptied }) }),
      ),
    );
    emit({
      kind: 'model-revised',
      modelVersion: model.version,
      replaces: former.version,
      without: former.classes.filter((name) => !model.classes.includes(name)),
      returned: model.classes.filter((name) => !former.classes.includes(name)),
      how,
      ms: performance.now() - started,
    });
  });
}

/** Whether the model that answers is not the one that the registry's learned classes make. */
export function needsRevision(snapshot: RegistrySnapshot): boolean {
  if (snapshot.model === null) return false;
  const { leaving, missing, foreign, withdrawn } = differenceOf(snapshot);
  return [leaving, missing, foreign, withdrawn].some((names) => names.length > 0);
}

/** Names of classes by how the model differs from the registry. */
interface Difference {
  /** Forgotten, but known to the model. */
  readonly leaving: readonly string[];
  /** Learned, but unknown to it: relearned while it was made without them. */
  readonly missing: readonly string[];
  /** Known to it, but to no one else: of a task that failed after its training. */
  readonly foreign: readonly string[];
  /** Known to it with samples that were unlearned since. */
  readonly withdrawn: readonly string[];
}

function differenceOf({ classes, model }: RegistrySnapshot): Difference {
  const known = model?.classes ?? [];
  const isIn = (name: string, ...states: readonly ClassState[]): boolean =>
    states.some((state) => state === classes.get(name)?.state);
  const learned = classesIn({ classes }, 'learned').map(({ name }) => name);
  return {
    leaving: known.filter((name) => isIn(name, ...SUPPRESSED)),
    missing: learned.filter((name) => !known.includes(name)),
    foreign: known.filter((name) => !isIn(name, 'learned', ...SUPPRESSED)),
    withdrawn: known.filter((name) => (classes.get(name)?.withdrawn ?? 0) > 0),
  };
}

async function revised(
  snapshot: RegistrySnapshot,
  store: KnowledgeStore,
  { revise, calibration }: Pick<Revising, 'revise' | 'calibration'>,
): Promise<Rebuilt & { readonly how: 'subtracted' | 'anew' }> {
  const { leaving, missing, foreign, withdrawn } = differenceOf(snapshot);
  if (foreign.length === 0 && withdrawn.length === 0) {
    const forgotten = await gatherVectors(store.vectors, 'mu', leaving);
    const { gathered: returned, without } = withVectors(await gatherVectors(store.vectors, 'cil', missing));
    const stay = (snapshot.model?.classes ?? []).filter((name) => !leaving.includes(name));
    const size = calibration?.(stay.length + returned.classes.length);
    const staying = size && (await firstVectors(store.vectors, stay, size));
    try {
      const model = await revise({ forgotten, returned, ...(staying && { staying }) });
      return { model, before: snapshot, emptied: without, how: 'subtracted' };
    } catch (error) {
      if (!areOtherVectors(error)) throw error;
    }
  }
  const { gathered, without } = await gatherLearned(snapshot, store);
  const model = await revise({ forgotten: NOTHING, returned: gathered, anew: true });
  return { model, before: snapshot, emptied: without, how: 'anew' };
}

function areOtherVectors(error: unknown): boolean {
  return error instanceof LetheError && (error.field?.startsWith('forgotten') ?? false);
}
