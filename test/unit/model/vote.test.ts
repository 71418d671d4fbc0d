import { describe, expect, it } from 'vitest';
import { LetheError } from '../../../src/domain/errors.js';
import { type Vote, voteForClass } from '../../../src/model/vote.js';

const OPTIONS = { k: 10, minimalShare: 0.5, minimalLead: 0.2 };

/** Ten neighbours, e.g. `{ cat: 7, dog: 3 }`. */
function neighbours(votes: Readonly<Record<string, number>>): string[] {
  return Object.entries(votes).flatMap(([name, count]) => new Array<string>(count).fill(name));
}

function refusalOf(vote: () => Vote): LetheError {
  try {
    vote();
  } catch (error) {
    if (error instanceof LetheError) return error;
  }
  throw new Error('the vote was not refused');
}

describe('voteForClass', () => {
  it('finds the class that most neighbours belong to', () => {
    expect(voteForClass([neighbours({ dog: 3, cat: 7 })], OPTIONS)).toEqual({
      winner: 'cat',
      votes: { cat: 7, dog: 3 },
    });
  });

  it('adds the votes of several examples: clear ones outvote an unclear one', () => {
    const unclear = neighbours({ cat: 4, dog: 6 });
    expect(() => voteForClass([unclear], { ...OPTIONS, minimalLead: 0.3 })).toThrow();
    const clear = neighbours({ cat: 10 });
    expect(voteForClass([unclear, clear, clear], OPTIONS)).toMatchObject({
      winner: 'cat',
      votes: { cat: 24, dog: 6 },
    });
  });

  it.each([
    ['too small a share', { cat: 4, dog: 1, ship: 1, frog: 1, deer: 1, bird: 1, car: 1 }],
    ['too small a lead', { cat: 5, dog: 4, ship: 1 }],
    ['a tie', { cat: 5, dog: 5 }],
  ])('refuses %s, and shows the votes', (_, votes) => {
    const refusal = refusalOf(() => voteForClass([neighbours(votes)], OPTIONS));
    expect(refusal.code).toBe('ambiguous-vote');
    expect(refusal.evidence).toMatchObject({ votes, minimalShare: 0.5, minimalLead: 0.2 });
    expect(refusal.message).toContain('cat');
  });

  it('accepts a vote that just reaches both limits', () => {
    const votes = { cat: 5, dog: 3, ship: 2 };
    expect(voteForClass([neighbours(votes)], OPTIONS).winner).toBe('cat');
  });

  it('refuses where there are no neighbours at all', () => {
    const refusal = refusalOf(() => voteForClass([[], []], OPTIONS));
    expect(refusal).toMatchObject({ code: 'ambiguous-vote', evidence: { votes: {}, share: 0, lead: 0 } });
  });
});
