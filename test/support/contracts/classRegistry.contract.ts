import { describe, expect, it } from 'vitest';
import type { CommandNote, KnowledgeStore, RefusedSample } from '../../../src/adapters/knowledgeStore.js';
import { sha256 } from '../../../src/domain/auditChain.js';
import type { ClassRecord, TaskRecord } from '../../../src/domain/classes.js';
import type { Holder } from '../../../src/domain/holders.js';
import type { ModelVersion } from '../../../src/domain/messages/model.js';
import { normalised } from '../../../src/domain/vector.js';

/**
 * What every adapter of the port ClassRegistry promises.
 * @param storeOf the store of the running test, empty
 * @param second opens another worker's store on the same data
 */
export function describeClassRegistry(
  storeOf: () => KnowledgeStore,
  second: () => Promise<KnowledgeStore>,
): void {
  describe('the registry', () => {
    it('starts empty at version 0 and grows by one with each change', async () => {
      const { registry } = storeOf();
      expect(registry.snapshot()).toEqual({
        version: 0,
        classes: new Map(),
        tasks: new Map(),
        model: null,
        filterLevel: null,
        detector: null,
        knownLevel: null,
      });
      const { version } = await registry.update(() => ({ put: [classRecord('cat'), classRecord('dog')] }));
      await registry.update(() => ({ drop: ['dog'], put: [classRecord('ship')] }));
      const snapshot = registry.snapshot();
      expect([version, snapshot.version]).toEqual([1, 2]);
      expect([...snapshot.classes.keys()]).toEqual(['cat', 'ship']);
    });

    it('keeps whole records, centroid included, and the order in which classes were first seen', async () => {
      const { registry } = storeOf();
      const centroid = normalised(Float32Array.of(1, 2, 3, 4));
      await registry.update(() => ({ put: [classRecord('cat'), classRecord('dog')] }));
      const learned: ClassRecord = { ...classRecord('cat'), state: 'learned', count: 7, centroid };
      const { classes } = await registry.update(() => ({ put: [learned] }));
      expect([...classes.values()]).toEqual([learned, classRecord('dog')]);
      const again = await registry.update(() => ({ put: [classRecord('cat')] }));
      expect([...again.classes.values()]).toEqual([classRecord('cat'), classRecord('dog')]);
    });

    it('keeps what became of an erasure', async () => {
      const { registry } = storeOf();
      const at = '2026-01-31T12:00:00.000Z';
      const erasure = { commandId: 'e1', since: 7, at, files: 'failed', completed: false } as const;
      const cat = { ...classRecord('cat'), state: 'erased', erasure } as const;
      await registry.update(() => ({ put: [cat, { ...classRecord('dog'), state: 'erased' }] }));
      const { classes } = await (await second()).registry.refresh();
      expect(classes.get('cat')).toEqual(cat);
      expect(classes.get('dog')).not.toHaveProperty('erasure');
    });

    it('has beside it the holders of copies, which change nothing of it, and which of them were declared gone', async () => {
      const { registry, holders } = storeOf();
      const here: Holder = {
        ...{ id: 'h1', worker: 'here', folder: '/data', seenAt: '2026-01-31T12:00:00.000Z' },
        ...{ confirmed: 0, lookedAt: null, holds: [] },
      };
      const there: Holder = { ...here, id: 'h2', worker: 'there' };
      expect(await holders.list()).toEqual([]);
      await holders.note(here);
      await holders.note(there);
      const looked = { ...here, confirmed: 3, lookedAt: here.seenAt, holds: ['v1'] };
      await (await second()).holders.note(looked);
      const byId = async () => Object.fromEntries((await holders.list()).map((each) => [each.id, each]));
      expect(await byId()).toEqual({ h1: { ...looked, gone: false }, h2: { ...there, gone: false } });
      expect((await registry.refresh()).version).toBe(0);

      await registry.update(() => ({ holdersGone: [{ id: 'h2', seenAt: there.seenAt }] }));
      expect(await byId()).toMatchObject({ h1: { gone: false }, h2: { gone: true } });
      await holders.note({ ...there, seenAt: '2026-01-31T12:01:00.000Z' });
      expect(await byId()).toMatchObject({ h2: { gone: false } });
      await holders.drop('h2');
      expect(Object.keys(await byId())).toEqual(['h1']);
    });

    it('keeps names of any characters', async () => {
      const odd = classRecord('na\u00efve | {cat}, "x" * @y-z:%41 \u{1F600}');
      const { registry } = await storeAfter(() => ({
        put: [odd],
        putTasks: [taskRecord('t|{1}', [odd.name])],
      }));
      const snapshot = await registry.refresh();
      expect([...snapshot.classes.values()]).toEqual([odd]);
      expect([...snapshot.tasks.values()]).toEqual([taskRecord('t|{1}', [odd.name])]);
    });

    it('keeps tasks, the model and the level of the filter', async () => {
      const open = taskRecord('t1', ['cat', 'dog']);
      const { registry } = await storeAfter(() => ({ putTasks: [open, taskRecord('t2', [])] }));
      await registry.update(() => ({ model: modelVersion('v1') }));
      const filterLevel = { filter: 'relative', level: 0.1 + 0.2 };
      await registry.update(() => ({ filterLevel, knownLevel: 0.5, putTasks: [{ ...open, state: 'told' }] }));
      const newest = await registry.update(() => ({ model: { ...modelVersion('v2'), classes: ['dog'] } }));
      expect(newest).toEqual({
        version: 4,
        classes: new Map(),
        tasks: new Map([
          ['t1', { ...open, state: 'told' }],
          ['t2', taskRecord('t2', [])],
        ]),
        model: { ...modelVersion('v2'), classes: ['dog'] },
        filterLevel,
        detector: null,
        knownLevel: 0.5,
      });
    });

    it('keeps what refines the level of the filter, until there is a level without it', async () => {
      const { registry } = storeOf();
      const refined = {
        filter: 'linear+knn',
        level: 1.5,
        refinement: { weight: 0.1 + 0.2, band: 3, basis: 'b' },
      };
      await registry.update(() => ({ filterLevel: refined }));
      expect((await (await second()).registry.refresh()).filterLevel).toEqual(refined);
      const plain = { filter: 'relative', level: 0.1 };
      await registry.update(() => ({ filterLevel: plain }));
      expect((await (await second()).registry.refresh()).filterLevel).toEqual(plain);
    });

    it('keeps one detector, named by its hash, until another one takes its place or it is dropped', async () => {
      const { registry } = storeOf();
      const [first, other] = [Buffer.from([0, 255, 13, 10]), Buffer.alloc(100_000, 7)];
      const { detector: name } = await registry.update(() => ({
        detector: first,
        put: [classRecord('cat')],
      }));
      expect(name).toBe(sha256(first));
      const elsewhere = await second();
      expect((await elsewhere.registry.refresh()).detector).toBe(name);
      expect(await elsewhere.detector(sha256(first))).toEqual(first);

      await registry.update(() => ({ detector: other }));
      expect(await elsewhere.detector(sha256(first))).toBeNull();
      expect(await elsewhere.detector(sha256(other))).toEqual(other);
      expect((await registry.update(() => ({ putTasks: [] }))).detector).toBe(sha256(other));

      expect((await registry.update(() => ({ detector: null }))).detector).toBeNull();
      expect(await elsewhere.detector(sha256(other))).toBeNull();
      expect((await elsewhere.registry.refresh()).detector).toBeNull();
    });

    it('drops tasks and what was noted of their refused samples', async () => {
      const { registry } = await storeAfter(() => ({ putTasks: [taskRecord('t1', ['cat'])] }));
      await registry.noteRefused('t1', [at(1), at(2, 'a')]);
      await registry.noteRefused('t1', [at(1), at(3), at(4, 'a'), at(5, 'b')]);
      await registry.noteRefused('t1', []);
      expect(await registry.refusedOf('t1')).toEqual({ named: 2, nameless: 2 });
      expect(await registry.refusedOf('t2')).toEqual({ named: 0, nameless: 0 });
      const { tasks, version } = await registry.update(() => ({ dropTasks: ['t1'] }));
      expect([tasks.size, version]).toEqual([0, 2]);
      expect(await registry.refusedOf('t1')).toEqual({ named: 0, nameless: 0 });
    });

    it('forgets what was noted of the refused samples of a task that is over', async () => {
      const { registry } = await storeAfter(() => ({ putTasks: [taskRecord('t1', ['cat'])] }));
      await registry.noteRefused('t1', [at(1), at(2, 'a')]);
      await registry.update(() => ({ putTasks: [taskRecord('t1', ['cat'])] }));
      expect(await registry.refusedOf('t1')).toEqual({ named: 1, nameless: 1 });
      await registry.update(() => ({ putTasks: [{ ...taskRecord('t1', ['cat']), state: 'finished' }] }));
      expect(await registry.refusedOf('t1')).toEqual({ named: 0, nameless: 0 });
    });

    it('counts a refused id no more when its sample is stored, whenever that is, and whatever task refused it', async () => {
      const store = await storeAfter(() => ({
        putTasks: [taskRecord('t1', ['cat']), taskRecord('t2', ['dog'])],
      }));
      const { registry } = store;
      const vector = Float32Array.of(1, 0, 0, 0);
      const cat = (id: string) => ({ id, className: 'cat', task: 't1', vector });
      await registry.noteRefused('t1', [at(1, 'first refused'), at(2, 'stays refused')]);
      await registry.noteRefused('t2', [at(3, 'first refused')]);
      expect(await store.insert([cat('first refused'), cat('first stored')], 1)).toBe(true);
      await registry.noteRefused('t1', [at(4, 'first stored'), at(1, 'first refused')]);
      expect(await registry.refusedOf('t1')).toEqual({ named: 1, nameless: 2 });
      expect(await registry.refusedOf('t2')).toEqual({ named: 0, nameless: 0 });
    });

    it('counts a sample of a class that is being learned as refused when it is withdrawn, in the same step', async () => {
      const store = await storeAfter(() => ({ putTasks: [taskRecord('t1', ['__proto__'])] }));
      const vector = Float32Array.of(1, 0, 0, 0);
      const of = (id: string, className: string) => ({ id, className, task: 't1', vector });
      await store.insert([of('a', '__proto__'), of('b', 'dog')], 1);
      const removed = await store.withdraw(['a', 'b', 'none'], new Map([['__proto__', 't1']]));
      expect([...removed].sort()).toEqual([
        ['__proto__', 1],
        ['dog', 1],
      ]);
      expect(await store.registry.refusedOf('t1')).toEqual({ named: 1, nameless: 0 });
      await store.registry.noteRefused('t1', [at(9, 'a')]);
      expect(await store.registry.refusedOf('t1')).toEqual({ named: 1, nameless: 0 });
    });

    it('notes very many refused samples', async () => {
      const { registry } = storeOf();
      const many = Array.from({ length: 20_000 }, (_, index) => at(index, `${index}`.padStart(200, 'x')));
      await registry.noteRefused('t1', many);
      await registry.noteRefused('t1', many);
      expect(await registry.refusedOf('t1')).toEqual({ named: 20_000, nameless: 0 });
    });

    it('never changes a snapshot that was handed out', async () => {
      const { registry } = storeOf();
      const before = await registry.update(() => ({ put: [classRecord('cat')] }));
      await registry.update(() => ({ drop: ['cat'] }));
      expect([...before.classes.keys()]).toEqual(['cat']);
      expect(before.version).toBe(1);
    });

    it('loses no change of those made at once, by several workers', async () => {
      const workers = [storeOf(), await second()];
      const names = Array.from({ length: 10 }, (_, index) => `class-${index}`);
      const changes = names.map((name, index) =>
        workers[index % 2]?.registry.update(() => ({ put: [classRecord(name)] })),
      );
      await Promise.all(changes);
      const { version, classes } = await storeOf().registry.refresh();
      expect(version).toBe(names.length);
      expect(new Set(classes.keys())).toEqual(new Set(names));
    });

    it('decides each change on the newest state, whoever changed it', async () => {
      const workers = [storeOf(), await second()];
      const counted = (name: string) => (worker: KnowledgeStore) =>
        worker.registry.update(({ classes }) => {
          const count = (classes.get(name)?.count ?? 0) + 1;
          return { put: [{ ...classRecord(name), count }] };
        });
      await Promise.all([...workers, ...workers, ...workers].map(counted('cat')));
      const { classes } = await storeOf().registry.refresh();
      expect(classes.get('cat')?.count).toBe(6);
    });

    it('changes nothing where a decision is null or throws', async () => {
      const { registry } = await storeAfter(() => ({ put: [classRecord('cat')] }));
      const same = await registry.update(() => null);
      const refused = registry.update(() => {
        throw new Error('no');
      });
      await expect(refused).rejects.toThrow('no');
      expect([same.version, (await registry.refresh()).version]).toEqual([1, 1]);
    });

    it('shows other workers each change as soon as they refresh', async () => {
      const other = await second();
      await storeAfter(() => ({ put: [classRecord('cat')] }));
      expect([...(await other.registry.refresh()).classes.keys()]).toEqual(['cat']);
      expect(other.registry.snapshot().version).toBe(1);
      await other.registry.update(() => ({ drop: ['cat'] }));
      expect((await storeOf().registry.refresh()).classes.size).toBe(0);
    });

    it('does not change its version with the vectors', async () => {
      const { registry, vectors } = storeOf();
      const vector = Float32Array.of(1, 0, 0, 0);
      await vectors.upsert('cil', [{ id: 'a', className: 'cat', task: 't1', vector }]);
      await vectors.move(['cat'], 'cil', 'mu');
      await vectors.delete({});
      expect((await registry.refresh()).version).toBe(0);
    });

    it('keeps receipts of commands, and carries none out twice', async () => {
      const { registry } = storeOf();
      expect(await registry.receipt('c1')).toBeNull();
      const command = { ...commandNote('c1'), details: { classes: ['cat'], why: null, n: 1.5 } };
      await registry.update(() => ({ put: [classRecord('cat')], command }));
      const receipt = { ...command, registryVersion: 1, moved: new Map() };
      expect(await registry.receipt('c1')).toEqual(receipt);
      expect(await registry.receipt('c2')).toBeNull();
      const other = await second();
      const again = { drop: ['cat'], command: commandNote('c1', 'commands/0/7') };
      const { version, classes } = await other.registry.update(() => again);
      expect([version, [...classes.keys()]]).toEqual([1, ['cat']]);
      expect(await other.registry.receipt('c1')).toEqual(receipt);
    });
  });

  async function storeAfter(
    ...[decide]: Parameters<KnowledgeStore['registry']['update']>
  ): Promise<KnowledgeStore> {
    const store = storeOf();
    await store.registry.update(decide);
    return store;
  }
}

export function classRecord(name: string): ClassRecord {
  return { name, state: 'learning', task: 't1', count: 0, centroid: null };
}

export function commandNote(id: string, position = 'commands/0/1'): CommandNote {
  return { id, position, details: { of: id } };
}

function at(offset: number, id?: string): RefusedSample {
  return { id, position: `samples/0/${offset}` };
}

function taskRecord(name: string, classes: readonly string[]): TaskRecord {
  return { name, state: 'open', classes, samples: 10 };
}

function modelVersion(version: string): ModelVersion {
  return {
    version,
    task: 't1',
    classes: ['cat', 'dog'],
    checkpoint: 'file:///models/v1',
    sha256: '0'.repeat(64),
    dimension: 4,
    backend: 'cpu',
  };
}
