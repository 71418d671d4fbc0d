import type { KnowledgeStore } from '../adapters/knowledgeStore.js';
import type { InTurn } from '../domain/inTurn.js';
import type { LetheEvent } from '../domain/messages/event.js';
import type { ModelVersion } from '../domain/messages/model.js';
import type { Classifier } from '../model/classifier.js';
import type { TrainingProgress } from '../model/trainer.js';

/** What whoever makes models works with. */
export interface ModelMaking {
  readonly store: KnowledgeStore;
  readonly load: (model: ModelVersion) => Promise<Classifier>;
  /** Puts a loaded model, which the registry names by now, in the place of the one that answers. */
  readonly install: (loaded: Classifier) => void;
  /** Lets nothing else that makes a model run meanwhile. */
  readonly inTurn: InTurn;
}

/**
 * Loads a model that was made, has the registry name it, and then answers with it and tells of it.
 * @param name has the registry name the model; null where it does not after all
 * @returns what `name` returns
 */
export async function installModel<T>(
  model: ModelVersion,
  { load, install }: Pick<ModelMaking, 'load' | 'install'>,
  emit: (event: LetheEvent) => void,
  name: (loaded: Classifier) => Promise<T | null>,
): Promise<T | null> {
  const loaded = await load(model);
  let named: T | null = null;
  try {
    named = await name(loaded);
  } finally {
    if (named === null) loaded.dispose();
  }
  if (named === null) return null;
  install(loaded);
  emit({ kind: 'model-published', model });
  return named;
}

/** Tells of each epoch. */
export function tellEpochs(
  task: string,
  emit: (event: LetheEvent) => void,
): (progress: TrainingProgress) => void {
  return ({ epoch, epochs, loss, ms }) => emit({ kind: 'task-epoch', task, epoch, epochs, loss, ms });
}
