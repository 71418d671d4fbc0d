import { BehaviorSubject } from 'rxjs';
import { expect, it } from 'vitest';
import type { Classifier } from '../../../src/model/classifier.js';
import { replaceClassifier } from '../../../src/streams/replaceClassifier.js';
import { fakeModels } from '../../support/fakeModels.js';
import { modelOf } from '../../support/knowledge.js';

it('the model that answers is replaced and freed; a second one of its version is freed itself', async () => {
  const { load, disposed } = fakeModels();
  const current = new BehaviorSubject<Classifier | null>(null);
  const [first, again, second] = await Promise.all(
    ['v1', 'v1', 'v2'].map((version) => load(modelOf(version))),
  );
  if (!first || !again || !second) throw new Error('loads nothing');
  replaceClassifier({ current }, first);
  expect([current.value, disposed]).toEqual([first, []]);
  replaceClassifier({ current }, first);
  expect(disposed).toEqual([]);
  replaceClassifier({ current }, again);
  expect([current.value === first, disposed]).toEqual([true, ['v1']]);
  replaceClassifier({ current }, second);
  expect([current.value === second, disposed]).toEqual([true, ['v1', 'v1']]);
});
