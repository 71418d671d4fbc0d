import type { InTurn } from '../domain/inTurn.js';
import type { ModelMaking } from '../learning/installModel.js';
import type { Answering, Common } from './context.js';
import { replaceClassifier } from './replaceClassifier.js';

/** What whoever makes models here works with. */
export function modelMaking(
  { store, load, current }: Pick<Common, 'store'> & Answering,
  inTurn: InTurn,
): ModelMaking {
  return { store, load, install: (loaded) => replaceClassifier({ current }, loaded), inTurn };
}
