import type { Classifier } from '../model/classifier.js';
import type { Context } from './context.js';

/** Puts a classifier in the place of the one that answers, and frees that one. */
export function replaceClassifier({ current }: Pick<Context, 'current'>, loaded: Classifier): void {
  const replaced = current.value;
  current.next(loaded);
  replaced?.dispose();
}
