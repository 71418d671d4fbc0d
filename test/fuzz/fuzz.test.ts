import { expect, it } from 'vitest';
import { runFuzz } from './runFuzz.js';

it('every decoder gives a value or a LetheError, in bounded time and memory', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const { decoders, findings } = await runFuzz({ inputs: 5000, least: 25, batch: 500, seed });
  expect(findings, `seed ${seed}`).toEqual([]);
  expect(decoders.length).toBeGreaterThan(20);
}, 300_000);
