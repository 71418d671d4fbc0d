import { afterEach, describe, expect, it } from 'vitest';
import { createProjector } from '../../../../src/console/map/projector.js';

const projector = createProjector({ seed: 7, dimension: 3 });
afterEach(() => projector.close());

const vectors = () => Float32Array.from({ length: 60 }, (_, i) => Math.sin(i * 1.7));
const rows = [...Array(20).keys()];

describe('the projector', () => {
  it('says what went wrong in its thread, and goes on', async () => {
    await expect(projector.project({ kind: 'place', vectors: vectors() })).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('there is no plane yet'),
    });
    expect(await projector.project({ kind: 'fit', vectors: vectors(), rows })).toHaveLength(20);
    expect(await projector.project({ kind: 'place', vectors: vectors() })).toHaveLength(20);
  });

  it('leaves nobody waiting for a thread that ended, and starts another', async () => {
    const waiting = projector.project({ kind: 'fit', vectors: vectors(), rows });
    const refused = expect(waiting).rejects.toMatchObject({ code: 'internal' });
    await projector.close();
    await refused;
    expect(await projector.project({ kind: 'fit', vectors: vectors(), rows })).toHaveLength(20);
  });
});
