import type { ModelVersion } from '../../src/domain/messages/model.js';
import type { Classifier } from '../../src/model/classifier.js';

/** Classifiers that are loaded without a checkpoint, and what became of them. */
export function fakeModels(
  logitsOf: (version: string, vectors: Float32Array) => Float32Array = () => new Float32Array(0),
) {
  const disposed: string[] = [];
  const installed: string[] = [];
  const load = async ({ version, classes, dimension }: ModelVersion): Promise<Classifier> => ({
    version,
    classes,
    dimension,
    backend: 'cpu',
    logits: async (vectors) => logitsOf(version, vectors),
    dispose: () => void disposed.push(version),
  });
  const install = ({ version }: Classifier): void => void installed.push(version);
  return { load, install, disposed, installed };
}
