import { describe, expect, it } from 'vitest';
import { effectSchema, eventOf } from '../../../src/domain/effects.js';
import type { EraseCommand } from '../../../src/domain/messages/command.js';
import { eraseClasses } from '../../../src/forgetting/eraseClasses.js';
import { recordOf, storeOf, vectorsOf } from '../../support/knowledge.js';

const command: EraseCommand = { id: 'e1', kind: 'erase', classes: ['cat'] };

describe('an erase command', () => {
  it('is noted in the registry for classes that are unlearned; a rebuilt one stays so', async () => {
    const store = await storeOf({
      classes: [recordOf('cat', { state: 'unlearned' }), recordOf('dog', { state: 'rebuilt' })],
      mu: [...vectorsOf('cat', 2), ...vectorsOf('dog', 1, 1)],
    });
    const event = await eraseClasses(
      { ...command, classes: ['cat', 'dog'] },
      'commands/0/3',
      store,
      performance.now() - 50,
    );
    expect(event).toMatchObject({
      kind: 'erase-accepted',
      commandId: 'e1',
      classes: [
        { name: 'cat', moved: 0 },
        { name: 'dog', moved: 0 },
      ],
      registryVersion: 2,
    });
    expect(event.ms).toBeGreaterThanOrEqual(50);
    expect(event.ms).toBeLessThan(60_000);
    const { classes } = store.registry.snapshot();
    expect(classes.get('cat')).toEqual(recordOf('cat', { state: 'unlearned', erasing: 'e1' }));
    expect(classes.get('dog')).toEqual(recordOf('dog', { state: 'rebuilt', erasing: 'e1' }));
    const receipt = await store.registry.receipt('e1');
    expect(receipt).toMatchObject({ position: 'commands/0/3' });
    expect(receipt && eventOf(effectSchema.parse(receipt.details), receipt, 0)).toEqual({
      ...event,
      ms: expect.any(Number),
    });
  });

  it('does not unlearn, unless it says now', async () => {
    const store = await storeOf({ classes: [recordOf('cat')], cil: vectorsOf('cat', 2) });
    await expect(eraseClasses(command, 'commands/0/3', store, 0)).rejects.toMatchObject({
      code: 'class-not-learned',
      field: 'classes.0',
    });
    const event = await eraseClasses({ ...command, now: true }, 'commands/0/4', store, 0);
    expect(event.classes).toEqual([{ name: 'cat', moved: 2 }]);
    expect(store.registry.snapshot().classes.get('cat')).toMatchObject({ state: 'unlearned', erasing: 'e1' });
    expect(await store.vectors.count({ database: 'mu' })).toBe(2);
  });

  it('that says now takes in samples that no command announced', async () => {
    const store = await storeOf({ cil: vectorsOf('cat', 2, 0, 't9') });
    await eraseClasses({ ...command, now: true }, 'commands/0/4', store, 0);
    const record = { state: 'unlearned', task: 't9', count: 2, erasing: 'e1' };
    expect(store.registry.snapshot().classes.get('cat')).toMatchObject(record);
  });
});
