import { expect, it } from 'vitest';
import { runFuzz } from './runFuzz.js';

it('every decoder gives a value or a LetheError, in bounded time and memory', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const { decoders, findings } = await runFuzz({ inputs: 5000, least: 25, batch: 500, seed });
  expect(findings, `seed ${seed}`).toEqual([]);
  expect(decoders.length).toBeGreaterThan(20);
});

it.each([
  ['throws', /not one of ours/],
  ['hangs', /nothing came of it/],
  ['grows', /grew by/],
])(
  'a decoder that %s is found',
  async (only, says) => {
    const order = { inputs: 400, least: 1, batch: 50, seed: 3, faulty: true, hangsMs: 5000, only };
    const { findings } = await runFuzz(order);
    expect(findings).toEqual([expect.stringMatching(says)]);
  },
  120_000,
);
