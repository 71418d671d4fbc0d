import { describe, expect, it } from 'vitest';
import { Precedence } from '../../../../../src/adapters/memory/store/precedence.js';

/** A search that ends when told to. */
function heldSearch(): { readonly search: () => Promise<string>; readonly end: () => void } {
  let end = (): void => undefined;
  const held = new Promise<string>((resolve) => {
    end = () => resolve('found');
  });
  return { search: () => held, end };
}

describe('Precedence', () => {
  it('lets the background go on at once where nobody else searches', async () => {
    await new Precedence().giveWay(1e6);
  });

  it('holds the background until the last of the searches has ended, also if it failed', async () => {
    const precedence = new Precedence();
    const [one, other] = [heldSearch(), heldSearch()];
    const found = precedence.first(one.search);
    const failing = precedence.first(() => other.search().then(() => Promise.reject(new Error('away'))));
    const order: string[] = [];
    const background = precedence.giveWay(1e6).then(() => order.push('background'));
    one.end();
    expect(await found).toBe('found');
    order.push('first search');
    other.end();
    await expect(failing).rejects.toThrow('away');
    await background;
    expect(order).toEqual(['first search', 'background']);
  });

  it('lets the background go on after a while where searches never end', async () => {
    const precedence = new Precedence();
    const endless = heldSearch();
    const found = precedence.first(endless.search);
    await precedence.giveWay(1);
    endless.end();
    expect(await found).toBe('found');
  });
});
