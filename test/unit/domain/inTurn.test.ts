import { expect, it } from 'vitest';
import { createTurns } from '../../../src/domain/inTurn.js';

it('works are run one after the other, in their order', async () => {
  const inTurn = createTurns();
  const steps: string[] = [];
  const work = (name: string) => async () => {
    steps.push(`${name} begins`);
    await Promise.resolve();
    steps.push(`${name} ends`);
    return name;
  };
  expect(await Promise.all([inTurn(work('a')), inTurn(work('b'))])).toEqual(['a', 'b']);
  expect(steps).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
});

it('a failed work is told of to who gave it, and holds up no other', async () => {
  const inTurn = createTurns();
  const failed = inTurn(() => Promise.reject(new Error('boom')));
  const next = inTurn(async () => 'done');
  await expect(failed).rejects.toThrow('boom');
  expect(await next).toBe('done');
});

it('turns of two kinds do not wait for each other', async () => {
  const [one, other] = [createTurns(), createTurns()];
  const never = one(() => new Promise(() => undefined));
  expect(await Promise.race([never, other(async () => 'done')])).toBe('done');
});
