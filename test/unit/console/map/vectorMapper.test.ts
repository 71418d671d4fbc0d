import { afterEach, describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../../src/adapters/memory/store/createMemoryStore.js';
import { createProjector, type Projector } from '../../../../src/console/map/projector.js';
import { VectorMapper } from '../../../../src/console/map/vectorMapper.js';
import type { VectorMap } from '../../../../src/console/messages.js';
import type { KnownClass } from '../../../../src/domain/status.js';
import { normalised } from '../../../../src/domain/vector.js';

const DIMENSION = 8;
const projectors: Projector[] = [];
afterEach(async () => {
  for (const projector of projectors.splice(0)) await projector.close();
});

/** Vectors around the axis of their class. */
function vectorsOf(name: string, axis: number, count: number) {
  return Array.from({ length: count }, (_, index) => ({
    id: `${name}-${index}`,
    className: name,
    task: 't',
    vector: normalised(
      Float32Array.from(
        { length: DIMENSION },
        (_, i) => (i === axis ? 4 : 0) + Math.sin(index * 3 + i * 7 + axis),
      ),
    ),
  }));
}

function mapping(bounds = { points: 200, sample: 60 }) {
  const { vectors } = createMemoryStore({ dimension: DIMENSION });
  const projector = createProjector({ seed: 7, dimension: DIMENSION });
  projectors.push(projector);
  const requests: string[] = [];
  const watched: Projector = {
    ...projector,
    project: (request) => {
      requests.push(request.kind);
      return projector.project(request);
    },
  };
  return { vectors, requests, mapper: new VectorMapper(vectors, watched, { ...bounds, seed: 7 }) };
}

const known = (name: string, vectors: number, state: KnownClass['state'] = 'learned'): KnownClass => ({
  name,
  state,
  task: 't',
  vectors,
});

/** The middle of each class's points, and how many there are. */
function middles(map: VectorMap | null) {
  if (!map) throw new Error('no map');
  const bytes = Buffer.from(map.points, 'base64');
  const points = new Uint16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  return new Map(
    map.classes.map((name, index) => {
      const rows = [...Array(points.length / 3).keys()].filter((row) => points[row * 3] === index);
      const mean = (offset: number) =>
        rows.reduce((sum, row) => sum + (points[row * 3 + offset] as number), 0) / rows.length;
      return [name, { x: mean(1), y: mean(2), count: rows.length }] as const;
    }),
  );
}

describe('the map of the vectors', () => {
  it('is drawn in its thread, the same each time, and again only where something changed', async () => {
    const first = mapping();
    const second = mapping();
    for (const { vectors } of [first, second]) {
      await vectors.upsert('cil', [...vectorsOf('cat', 0, 30), ...vectorsOf('dog', 1, 30)]);
    }
    const classes = [known('cat', 30), known('dog', 30)];
    const map = await first.mapper.update(classes);
    expect(map).toMatchObject({ classes: ['cat', 'dog'], vectors: 60, drawn: 60 });
    expect(await second.mapper.update(classes)).toEqual(map);
    expect(await first.mapper.update(classes)).toBeNull();
    // What is unlearned keeps its places: the page moves it to the other side.
    expect(await first.mapper.update([known('cat', 30, 'unlearned'), known('dog', 30)])).toBeNull();
    expect(first.requests).toEqual(['fit']);
  });

  it('shows no more points than it may, as many of each class', async () => {
    const { vectors, mapper } = mapping({ points: 40, sample: 30 });
    await vectors.upsert('cil', [...vectorsOf('cat', 0, 50), ...vectorsOf('dog', 1, 50)]);
    const map = await mapper.update([known('cat', 50), known('dog', 50)]);
    expect(map).toMatchObject({ vectors: 100, drawn: 40 });
    await vectors.upsert('mu', vectorsOf('frog', 2, 50));
    const three = middles(
      await mapper.update([known('cat', 50), known('dog', 50), known('frog', 50, 'unlearned')]),
    );
    expect([...three.values()].map(({ count }) => count)).toEqual([13, 13, 13]);
  });

  it('makes the plane anew for a new class, and leaves the others about where they were', async () => {
    const { vectors, mapper, requests } = mapping();
    const names = ['cat', 'dog', 'frog', 'bird'];
    for (const [axis, name] of names.entries()) await vectors.upsert('cil', vectorsOf(name, axis, 25));
    const before = middles(await mapper.update(names.slice(0, 3).map((name) => known(name, 25))));
    const after = middles(await mapper.update(names.map((name) => known(name, 25))));
    expect(requests).toEqual(['fit', 'fit']);
    const farthest = (a: string): string =>
      names.slice(0, 3).reduce((far, b) => {
        const [from, to, best] = [after.get(a), before.get(b), before.get(far)];
        if (!from || !to || !best) return far;
        return Math.hypot(from.x - to.x, from.y - to.y) > Math.hypot(from.x - best.x, from.y - best.y)
          ? b
          : far;
      }, a);
    for (const name of names.slice(0, 3)) expect(farthest(name)).not.toBe(name);
  });

  it('lays few new vectors into the plane that is there, and forgets what is gone', async () => {
    const { vectors, mapper, requests } = mapping();
    await vectors.upsert('cil', [
      ...vectorsOf('cat', 0, 60),
      ...vectorsOf('dog', 1, 60),
      ...vectorsOf('rare', 2, 5),
    ]);
    await mapper.update([known('cat', 60), known('dog', 60)]);
    const map = await mapper.update([known('cat', 60), known('dog', 60), known('rare', 5)]);
    expect(requests).toEqual(['fit', 'place']);
    expect(middles(map).get('rare')?.count).toBe(5);
    const without = await mapper.update([known('cat', 60), known('rare', 5), known('dog', 0, 'erased')]);
    expect(without?.classes).toEqual(['cat', 'rare']);
  });

  it('shows nothing of a class that is still learned, and no map of a handful of vectors', async () => {
    const { vectors, mapper, requests } = mapping();
    await vectors.upsert('cil', vectorsOf('cat', 0, 5));
    expect(await mapper.update([known('cat', 5, 'learning')])).toBeNull();
    expect(await mapper.update([known('cat', 5)])).toMatchObject({ drawn: 0, vectors: 5 });
    expect(requests).toEqual([]);
  });
});
