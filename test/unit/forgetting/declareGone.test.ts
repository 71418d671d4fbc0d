import { describe, expect, it } from 'vitest';
import { effectSchema, eventOf } from '../../../src/domain/effects.js';
import type { DeclareGoneCommand } from '../../../src/domain/messages/command.js';
import { declareGone } from '../../../src/forgetting/declareGone.js';
import { storeOf } from '../../support/knowledge.js';

const holder = (id: string, seenAt = '2026-01-01T00:00:00Z') => ({
  ...{ id, worker: `w-${id}`, folder: `/models/${id}`, seenAt },
  ...{ confirmed: 0, lookedAt: null, holds: [] },
});
const command = (...workers: string[]): DeclareGoneCommand => ({ id: 'g1', kind: 'declare-gone', workers });

describe('the declaration that workers are gone', () => {
  it('is noted, until they tell of themselves again', async () => {
    const store = await storeOf({});
    for (const id of ['a', 'b']) await store.holders.note(holder(id));
    const begun = performance.now() - 50;
    const event = await declareGone(command('a', 'a'), 'commands/0/1', store, begun);
    const { id, worker, folder, seenAt } = holder('a');
    expect(event).toMatchObject({
      kind: 'workers-gone',
      commandId: 'g1',
      workers: [{ id, worker, folder, seenAt }],
      registryVersion: 2,
    });
    expect(event.ms).toBeGreaterThanOrEqual(50);
    expect(event.ms).toBeLessThan(60_000);
    expect((await store.holders.list()).map(({ gone }) => gone)).toEqual([true, false]);
    const receipt = await store.registry.receipt('g1');
    expect(receipt).toMatchObject({ position: 'commands/0/1', details: { kind: 'workers-gone' } });
    expect(receipt && eventOf(effectSchema.parse(receipt.details), receipt, 0)).toEqual({
      ...event,
      ms: expect.any(Number),
    });
    await store.holders.note(holder('a', '2026-01-02T00:00:00Z'));
    expect((await store.holders.list()).map(({ gone }) => gone)).toEqual([false, false]);
  });

  it('is refused as a whole for a worker that nobody knows', async () => {
    const store = await storeOf({});
    await store.holders.note(holder('a'));
    await expect(declareGone(command('a', 'x'), 'commands/0/1', store, 0)).rejects.toMatchObject({
      code: 'unknown-worker',
      field: 'workers',
      value: 'x',
    });
    expect((await store.holders.list()).map(({ gone }) => gone)).toEqual([false]);
    expect(await store.registry.receipt('g1')).toBeNull();
  });
});
