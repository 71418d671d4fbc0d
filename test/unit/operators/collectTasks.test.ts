import { asyncScheduler, defer, delay, map, type Observable, of } from 'rxjs';
import { describe, it } from 'vitest';
import type { Announcement, SampleCounts } from '../../../src/learning/task.js';
import { type Arrival, collectTasks } from '../../../src/operators/collectTasks.js';
import { marbles } from '../../support/marbles.js';

const announcement = (task: string, samples: number): Announcement => ({
  kind: 'task-announced',
  task,
  classes: [`${task}-class`],
  samples,
});
const announcements = { A: announcement('a', 2), B: announcement('b', 1), C: announcement('a', 3) };
const arrivals: Record<string, Arrival> = {
  a: { task: 'a' },
  b: { task: 'b' },
  r: { task: 'relearn-1', className: 'a-class' },
};

/** What the store holds of a task, from each frame on. */
type Stored = Readonly<
  Record<string, readonly (readonly [frame: number, stored: number, refused?: number, nameless?: number])[]>
>;

describe('collectTasks', () => {
  const run = (
    source: string,
    announced: string,
    expected: string,
    values: Record<string, string>,
    { stored, timeoutMs = 50, answerMs = 0 }: { stored: Stored; timeoutMs?: number; answerMs?: number },
  ) =>
    marbles(({ cold, hot, expectObservable }) => {
      const countOf = ({ task }: Announcement): Observable<SampleCounts> =>
        defer(() => {
          const [, count = 0, refused = 0, nameless = 0] =
            (stored[task] ?? []).findLast(([frame]) => frame <= asyncScheduler.now()) ?? [];
          const counts = of({ stored: count, refused, nameless });
          return answerMs ? counts.pipe(delay(answerMs)) : counts;
        });
      const collected = cold(source, arrivals).pipe(
        collectTasks(hot(announced, announcements), { countOf, timeoutMs }),
        map(
          ({ announcement, outcome, stored, refused }) =>
            `${announcement.task} ${outcome} ${stored}+${refused}`,
        ),
      );
      expectObservable(collected).toBe(expected, values);
    });
  const bySecond: Stored = {
    a: [
      [2, 1],
      [4, 2],
    ],
    b: [[3, 1]],
  };

  it(
    'is complete with the last sample',
    run('--a-a-|', '-A', '----1-|', { 1: 'a complete 2+0' }, { stored: bySecond }),
  );
  it(
    'counts a sample of its class that names another task, as the one that relearns it',
    run('--a-r-|', '-A', '----1-|', { 1: 'a complete 2+0' }, { stored: bySecond }),
  );
  it(
    'counts samples that came before the command',
    run(
      'a-a---|',
      '---A',
      '---1--|',
      { 1: 'a complete 2+0' },
      {
        stored: {
          a: [
            [0, 1],
            [2, 2],
          ],
        },
      },
    ),
  );
  it(
    'counts what another process stored, for which nothing arrives here',
    run('------|', '---A', '---1--|', { 1: 'a complete 2+0' }, { stored: { a: [[0, 2]] } }),
  );
  it(
    'does not wait for refused samples',
    run(
      '--a-a-|',
      '-A',
      '----1-|',
      { 1: 'a complete 1+1' },
      {
        stored: {
          a: [
            [2, 1],
            [4, 1, 1],
          ],
        },
      },
    ),
  );
  it(
    'collects tasks that interleave',
    run(
      '-aab-|',
      'AB---',
      '--12-|',
      { 1: 'a complete 2+0', 2: 'b complete 1+0' },
      {
        stored: {
          a: [
            [1, 1],
            [2, 2],
          ],
          b: [[3, 1]],
        },
      },
    ),
  );
  it(
    'asks again where a sample arrives while it is asked',
    run(
      '-a--a------|',
      'A----------',
      '-------1---|',
      { 1: 'a complete 2+0' },
      {
        stored: {
          a: [
            [1, 1],
            [4, 2],
          ],
        },
        answerMs: 3,
      },
    ),
  );
  it(
    'is not complete by an arrival that was counted already',
    run('-a--a------|', 'A----------', '-----------|', {}, { stored: { a: [[0, 1]] } }),
  );
  it(
    'gives a task up when no sample came for the timeout',
    run(
      '--a----------|',
      '-A',
      '-------1-----|',
      { 1: 'a timeout 1+0' },
      { stored: { a: [[2, 1]] }, timeoutMs: 5 },
    ),
  );
  it(
    'waits for refused samples without an id, and does without them when none comes for the timeout',
    run(
      '--a-a--------|',
      '-A',
      '---------1---|',
      { 1: 'a complete 1+0' },
      {
        stored: {
          a: [
            [2, 1],
            [4, 1, 0, 1],
          ],
        },
        timeoutMs: 5,
      },
    ),
  );
  it(
    'waits anew with every sample',
    run(
      '--a---a------|',
      '-A',
      '------1------|',
      { 1: 'a complete 2+0' },
      {
        stored: {
          a: [
            [2, 1],
            [6, 2],
          ],
        },
        timeoutMs: 5,
      },
    ),
  );
  it(
    'goes on from what was counted when a task is announced again',
    run(
      '-a--------aa-|',
      'A-------C',
      '------1----2-|',
      { 1: 'a timeout 1+0', 2: 'a complete 3+0' },
      {
        stored: {
          a: [
            [1, 1],
            [10, 2],
            [11, 3],
          ],
        },
        timeoutMs: 5,
      },
    ),
  );
});
