import { describe, expect, it } from 'vitest';
import { type Asked, type AskedRole, type Came, judged } from './verdict.js';

const asked = (role: AskedRole, offset: number, id: string | undefined): Asked => {
  return { role, place: `${role}/0/${offset}`, kind: 'good', id };
};
const came = (changes: Partial<Came> = {}): Came => {
  const nothing = { stored: new Set<string>(), answers: new Map(), ends: new Map() };
  return { ...nothing, letters: [], ...changes };
};
const problems = (all: readonly Asked[], what: Came): string[] =>
  judged(all, what).findings.map(({ place, problem }) => `${place} ${problem}`);

describe('the verdict on what was written', () => {
  it('is content where each record has one outcome', () => {
    const all = [
      asked('queries', 0, 'q'),
      asked('queries', 1, 'q'),
      asked('queries', 2, undefined),
      asked('samples', 0, 's'),
      asked('commands', 0, 'learn'),
    ];
    const outcomes = came({
      answers: new Map([['q', 2]]),
      stored: new Set(['s']),
      ends: new Map([['learn', 1]]),
      letters: [{ at: '0/0', of: 'queries/0/2', reason: 'invalid-message' }],
    });
    expect(problems(all, outcomes)).toEqual([]);
  });

  it.each([
    ['a query without an answer', asked('queries', 0, 'q'), came(), /no outcome/],
    [
      'one that is answered twice',
      asked('queries', 0, 'q'),
      came({ answers: new Map([['q', 2]]) }),
      /too many/,
    ],
    ['a record without an id that is not refused', asked('samples', 0, undefined), came(), /no outcome/],
    ['a sample that is nowhere', asked('samples', 0, 's'), came(), /no outcome/],
    ['a command that nothing tells of', asked('commands', 0, 'c'), came(), /no outcome/],
    [
      'two dead letters',
      asked('samples', 0, 's'),
      came({ letters: [1, 2].map((offset) => ({ at: `0/${offset}`, of: 'samples/0/0', reason: 'x' })) }),
      /2 dead letters/,
    ],
    [
      'an answer beside the dead letter',
      asked('queries', 0, 'q'),
      came({ answers: new Map([['q', 1]]), letters: [{ at: '0/0', of: 'queries/0/0', reason: 'x' }] }),
      /too many/,
    ],
  ])('finds %s', (_, record, outcomes, says) => {
    expect(problems([record], outcomes)).toEqual([expect.stringMatching(says)]);
  });
});
