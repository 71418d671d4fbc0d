import type { Classifier } from '../../model/classifier.js';
import { classesAfter, type Protocol } from '../protocol.js';

/**
 * The model in force after each step, its answers masked to the classes that remain then: what is left of Lethe without
 * its filter and its strategy.
 * @param live models by the step after which they came
 */
export function maskedAlone(
  protocol: Protocol,
  live: ReadonlyMap<string, Classifier>,
): ReadonlyMap<string, Classifier> {
  const byStep = new Map<string, Classifier>();
  let model: Classifier | undefined;
  for (const [index, { name }] of protocol.entries()) {
    model = live.get(name) ?? model;
    if (model) byStep.set(name, maskedTo(model, classesAfter(protocol, index).remaining));
  }
  return byStep;
}

/** The classifier with the columns of these classes only; classes that it does not know are left out. */
function maskedTo(classifier: Classifier, classes: readonly string[]): Classifier {
  const columns = [...classifier.classes.keys()].filter((column) =>
    classes.includes(classifier.classes[column] as string),
  );
  const all = classifier.classes.length;
  return {
    ...classifier,
    classes: columns.map((column) => classifier.classes[column] as string),
    logits: async (vectors) => {
      const logits = await classifier.logits(vectors);
      const rows = logits.length / all;
      return Float32Array.from({ length: rows * columns.length }, (_, at) => {
        const row = Math.floor(at / columns.length);
        return logits[row * all + (columns[at % columns.length] as number)] as number;
      });
    },
  };
}
