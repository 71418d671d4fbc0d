import type { Classifier } from '../model/classifier.js';
import type { Answering } from './context.js';

/** Puts a classifier in the place of the one that answers, and frees that one; a second one of the same version is freed. */
export function replaceClassifier({ current }: Pick<Answering, 'current'>, loaded: Classifier): void {
  const replaced = current.value;
  if (replaced?.version === loaded.version) {
    if (replaced !== loaded) loaded.dispose();
    return;
  }
  current.next(loaded);
  replaced?.dispose();
}
