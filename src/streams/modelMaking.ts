import type { InTurn } from '../domain/inTurn.js';
import type { ModelMaking } from '../learning/installModel.js';
import type { Context } from './context.js';
import { replaceClassifier } from './replaceClassifier.js';

/** What whoever makes models here works with. */
export function modelMaking(
  { store, load, current }: Pick<Context, 'store' | 'load' | 'current'>,
  inTurn: InTurn,
): ModelMaking {
  return { store, load, install: (loaded) => replaceClassifier({ current }, loaded), inTurn };
}
