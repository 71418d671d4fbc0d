import { describe, expect, it } from 'vitest';
import { updateBy } from '../../../src/knowledge/updateBy.js';
import { recordOf, storeOf } from '../../support/knowledge.js';
import { laggingView } from '../../support/laggingView.js';

describe('a change by what is found', () => {
  it('is decided by what was looked up, and both are told', async () => {
    const store = await storeOf({});
    const { found, after } = await updateBy(
      store.registry,
      async ({ version }) => version,
      (_, version) => ({ put: [recordOf('cat', { count: version })] }),
    );
    expect(found).toBe(1);
    expect(after.classes.get('cat')?.count).toBe(1);
    expect(after.version).toBe(2);
  });

  it('is looked up again where the registry changed meanwhile', async () => {
    const store = await storeOf({});
    const seen: number[] = [];
    const decided: number[] = [];
    const { found } = await updateBy(
      laggingView(store).registry,
      async ({ version }) => {
        seen.push(version);
        if (seen.length < 3) await store.registry.update(() => ({ put: [recordOf(`dog${version}`)] }));
        return version;
      },
      (now, version) => {
        decided.push(now.version);
        return { put: [recordOf('cat', { count: version })] };
      },
    );
    expect(seen).toEqual([1, 2, 3]);
    expect(decided).toEqual([3]);
    expect(found).toBe(3);
    expect(store.registry.snapshot().classes.get('cat')?.count).toBe(3);
  });

  it('may be none', async () => {
    const store = await storeOf({});
    const { after } = await updateBy(
      store.registry,
      async () => 'nothing',
      () => null,
    );
    expect(after.version).toBe(1);
  });
});
