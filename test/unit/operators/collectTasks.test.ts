import { map } from 'rxjs';
import { describe, it } from 'vitest';
import { type Announcement, type Arrival, collectTasks } from '../../../src/operators/collectTasks.js';
import { marbles } from '../../support/marbles.js';

const announcement = (task: string, samples: number): Announcement => ({
  kind: 'task-announced',
  task,
  classes: [`${task}-class`],
  samples,
});
const announcements = { A: announcement('a', 2), B: announcement('b', 1), C: announcement('a', 3) };
const arrivals: Record<string, Arrival> = {
  a: { task: 'a', stored: true },
  b: { task: 'b', stored: true },
  x: { task: 'a', stored: false },
};

describe('collectTasks', () => {
  const run = (
    source: string,
    announced: string,
    expected: string,
    values: Record<string, string>,
    timeoutMs = 50,
  ) =>
    marbles(({ cold, hot, expectObservable }) => {
      const collected = cold(source, arrivals).pipe(
        collectTasks(hot(announced, announcements), { timeoutMs }),
        map(
          ({ announcement, outcome, stored, refused }) =>
            `${announcement.task} ${outcome} ${stored}+${refused}`,
        ),
      );
      expectObservable(collected).toBe(expected, values);
    });

  it('is complete with the last sample', run('--a-a-|', '-A', '----1-|', { 1: 'a complete 2+0' }));
  it(
    'counts samples that come before the command',
    run('a-a---|', '---A', '---1--|', { 1: 'a complete 2+0' }),
  );
  it('does not wait for refused samples', run('--a-x-|', '-A', '----1-|', { 1: 'a complete 1+1' }));
  it(
    'collects tasks that interleave',
    run('-a-b-a|', 'A-B', '---2-1|', { 1: 'a complete 2+0', 2: 'b complete 1+0' }),
  );
  it(
    'gives a task up when no sample came for the timeout',
    run('--a----------|', '-A', '-------1-----|', { 1: 'a timeout 1+0' }, 5),
  );
  it(
    'waits anew with every sample',
    run('--a---a------|', '-A', '------1------|', { 1: 'a complete 2+0' }, 5),
  );
  it(
    'goes on from what was counted when a task is announced again',
    run('-a--------aa-|', 'A-------C', '------1----2-|', { 1: 'a timeout 1+0', 2: 'a complete 3+0' }, 5),
  );
});
