import { expect, it } from 'vitest';
import { LetheError } from '../../../src/domain/errors.js';
import { persevere } from '../../../src/learning/persevere.js';
import { holdingOn } from '../../support/holdingOn.js';

const crash = new LetheError('training-failed', 'the process ended', { remedy: '', retriable: true });
const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
  code: 'ENOSPC',
  syscall: 'write',
  path: '/checkpoints/weights.bin',
});

function failing(times: number, error: Error) {
  let tries = 0;
  return async () => {
    if (tries++ < times) throw error;
    return tries;
  };
}

it('a full disk is waited for as long as it takes', async () => {
  const { waits, perseverance } = holdingOn();
  expect(await persevere(failing(20, full), perseverance)).toBe(21);
  expect(waits).toEqual([...Array.from({ length: 20 }, () => 'disk-full'), null]);
});

it('so is a service that is away', async () => {
  const { waits, perseverance } = holdingOn();
  const away = new LetheError('unreachable', 'Redis is away', { remedy: '', retriable: true });
  expect(await persevere(failing(20, away), perseverance)).toBe(21);
  expect(waits.at(-1)).toBeNull();
});

it('a process that crashes each time is given up, and what no retry mends at once', async () => {
  const { waits, perseverance } = holdingOn();
  expect(await persevere(failing(2, crash), perseverance)).toBe(3);
  await expect(persevere(failing(3, crash), perseverance)).rejects.toBe(crash);
  expect(waits.splice(0)).toEqual([
    'training-failed',
    'training-failed',
    null,
    'training-failed',
    'training-failed',
    null,
  ]);
  await expect(persevere(failing(1, new Error('?')), perseverance)).rejects.toMatchObject({
    code: 'training-failed',
  });
  expect(waits).toEqual([]);
});

it('no more is tried once it is stopped', async () => {
  const { stopping, perseverance } = holdingOn();
  const pauses = { first: 60_000, longest: 60_000 };
  const waits = () => stopping.abort();
  await expect(persevere(failing(9, full), { ...perseverance, pauses, waits })).rejects.toMatchObject({
    code: 'disk-full',
    value: '/checkpoints/weights.bin',
    retriable: true,
  });
});
