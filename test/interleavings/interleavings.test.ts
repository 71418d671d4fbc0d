import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMemoryStore } from '../../src/adapters/memory/store/createMemoryStore.js';
import type { EventKind } from '../../src/domain/messages/event.js';
import { reopened } from '../support/disk.js';
import { PATCH_DIMENSION } from '../support/patchEmbedder.js';
import { interleaved } from './interleaved.js';
import { forgetTimers, useRealTime, useVirtualTime } from './virtualTime.js';

/** How many interleavings: some hundreds, or as many as `npm run test:interleavings` asks for. */
const RUNS = Number(process.env.LETHE_INTERLEAVINGS ?? 80);
// The short form is the same each time; the long one looks for what is new.
const SEED = Number(
  process.env.LETHE_INTERLEAVINGS_SEED ?? (process.env.LETHE_INTERLEAVINGS ? randomInt(2 ** 31) : 15),
);
/** What must have happened somewhere, or they tested less than they say. */
const WANTED: readonly EventKind[] = [
  'task-finished',
  'task-failed',
  'unlearned',
  'samples-unlearned',
  'relearned',
  'erase-accepted',
  'erased',
  'model-rebuilt',
  'command-rejected',
];

/** A crash may lie between any two changes of the file: fewer do. */
const RUNS_ON_DISK = Math.ceil(RUNS / 4);

beforeAll(() => useVirtualTime());
afterAll(useRealTime);

it(`${RUNS} random interleavings end as a simple model says, in the memory store (seed ${SEED})`, async () => {
  const happened = new Map<EventKind, number>();
  const store = async () => {
    forgetTimers();
    return { store: createMemoryStore({ dimension: PATCH_DIMENSION }) };
  };
  await fc.assert(interleaved(store, happened), { numRuns: RUNS, seed: SEED, endOnFailure: RUNS > 1000 });
  expect(WANTED.filter((kind) => !happened.has(kind))).toEqual([]);
});

it(`${RUNS_ON_DISK} random interleavings end as a simple model says, on disk (seed ${SEED})`, async () => {
  const happened = new Map<EventKind, number>();
  const onDisk = async () => {
    forgetTimers();
    return reopened(PATCH_DIMENSION);
  };
  await fc.assert(interleaved(onDisk, happened), {
    numRuns: RUNS_ON_DISK,
    seed: SEED,
    endOnFailure: RUNS > 1000,
  });
  expect([...happened.keys()]).toEqual(expect.arrayContaining(['unlearned', 'erased', 'task-finished']));
});
