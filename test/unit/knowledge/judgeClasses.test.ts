import { describe, expect, it } from 'vitest';
import type { RegistrySnapshot } from '../../../src/domain/classes.js';
import type { Request } from '../../../src/domain/classStates.js';
import { inState, judged, storedOf, unannouncedRecord } from '../../../src/knowledge/judgeClasses.js';
import { modelOf, recordOf, registryOf, storeOf, vectorsOf } from '../../support/knowledge.js';
import { laggingView } from '../../support/laggingView.js';

/** One name as it looks, spelled in two ways. */
const [COMPOSED, DECOMPOSED] = ['caf\u00e9', 'cafe\u0301'] as const;

const judging = (request: Request, name: string, registry: RegistrySnapshot, vectors = 0) =>
  judged(request, name, 'classes.0', new Map([[name, { vectors, task: 't9' }]]), registry).map(
    ({ name: found, to }) => `${found} ${to}`,
  );
const refusal = (code: string, message = '') =>
  expect.objectContaining({ code, field: 'classes.0', message: expect.stringContaining(message) });

describe('what is stored of classes', () => {
  it('is counted over both databases, with the task where the registry knows nothing of the class', async () => {
    const store = await storeOf({
      classes: [recordOf('dog')],
      cil: [...vectorsOf('dog', 2, 1), ...vectorsOf('cat', 1, 0, 't7')],
      mu: vectorsOf('dog', 3, 1).slice(2),
    });
    expect(await storedOf(['dog', 'cat', 'bird'], store)).toEqual(
      new Map([
        ['dog', { vectors: 3, task: '' }],
        ['cat', { vectors: 1, task: 't7' }],
        ['bird', { vectors: 0, task: '' }],
      ]),
    );
  });

  it('is looked up for classes that other workers brought, also under names that look the same', async () => {
    const store = await storeOf({ cil: vectorsOf(DECOMPOSED, 2) });
    const view = laggingView(store);
    await store.registry.update(() => ({ put: [recordOf(DECOMPOSED)] }));
    expect((await storedOf([COMPOSED], view)).get(DECOMPOSED)).toEqual({ vectors: 2, task: '' });
  });
});

describe('a request about a class', () => {
  it('goes on with the class as the state machine says, by what is stored of it', () => {
    const unlearned = registryOf([recordOf('cat', { state: 'unlearned' })], { model: modelOf('v1', 'cat') });
    expect(judging('relearn', 'cat', unlearned, 3)).toEqual(['cat learned']);
    expect(() => judging('relearn', 'cat', unlearned, 0)).toThrow(refusal('class-not-learned'));
    expect(judging('unlearn', 'bird', registryOf([]), 1)).toEqual(['bird unlearned']);
    expect(() => judging('unlearn', 'bird', registryOf([]), 0)).toThrow(refusal('unknown-class'));
  });

  it('counts nothing for a class that was not looked up', () => {
    expect(() => judged('unlearn', 'bird', 'classes.0', new Map(), registryOf([]))).toThrow(
      refusal('unknown-class'),
    );
  });

  it('names the known classes where it is of an unknown one', () => {
    const known = registryOf([recordOf('cat'), recordOf('dog')]);
    const remedy = expect.stringContaining('cat, dog');
    expect(() => judging('unlearn', 'bird', known)).toThrow(expect.objectContaining({ remedy }));
  });

  it('means all classes that look the same, as far as it may go on with them', () => {
    const both = registryOf([recordOf(COMPOSED), recordOf(DECOMPOSED)]);
    expect(judging('unlearn', COMPOSED, both)).toEqual([`${COMPOSED} unlearned`, `${DECOMPOSED} unlearned`]);
    const one = registryOf([recordOf(COMPOSED, { state: 'unlearned' }), recordOf(DECOMPOSED)]);
    expect(judging('unlearn', COMPOSED, one)).toEqual([`${DECOMPOSED} unlearned`]);
  });

  it('learns a class under one name only: all that look the same must agree', () => {
    const one = registryOf([recordOf(COMPOSED, { state: 'erased' }), recordOf(DECOMPOSED)]);
    expect(() => judging('learn', COMPOSED, one)).toThrow(refusal('class-known', 'already learned'));
  });

  it('is refused for the first reason', () => {
    const none = registryOf([
      recordOf(COMPOSED, { state: 'erased' }),
      recordOf(DECOMPOSED, { state: 'unlearned' }),
    ]);
    expect(() => judging('unlearn', COMPOSED, none)).toThrow(refusal('class-erased'));
  });
});

it('a class in another state keeps nothing that only a learning one has', () => {
  const learning = recordOf('cat', { state: 'learning', before: 'erased', withdrawn: 2 });
  expect(inState(learning, 'learned')).toEqual(recordOf('cat', { state: 'learned', withdrawn: 2 }));
});

it('what is kept of an erasure stays with a class that is erased, and with no other', () => {
  const erasure = {
    ...{ commandId: 'e1', since: 1, at: '2026-01-01T00:00:00Z' },
    ...({ files: 'done', completed: true } as const),
  };
  const learning = recordOf('cat', { state: 'learning', erasure });
  expect(inState(learning, 'erased')).toEqual(recordOf('cat', { state: 'erased', erasure }));
  expect(inState(learning, 'learned')).toEqual(recordOf('cat'));
  expect(inState(recordOf('cat'), 'erased')).not.toHaveProperty('erasure');
});

it('the record of a class that only its samples told of names their task and number', () => {
  const stored = new Map([['cat', { vectors: 3, task: 't9' }]]);
  const record = { state: 'learning', centroid: null };
  expect(unannouncedRecord('cat', stored)).toEqual({ ...record, name: 'cat', task: 't9', count: 3 });
  expect(unannouncedRecord('dog', stored)).toEqual({ ...record, name: 'dog', task: 'dog', count: 0 });
});
