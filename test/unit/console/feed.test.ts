import { map, NEVER, Subject, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { createFeed } from '../../../src/console/feed.js';
import type { Answer, FeedMessage, Happening, StateMessage, Told } from '../../../src/console/messages.js';
import { marbles } from '../../support/marbles.js';

const answer = (id: string, changes: Partial<Answer> = {}): Happening => ({
  kind: 'answer',
  data: {
    id,
    at: 0,
    label: 'cat',
    probability: 1,
    route: 'model',
    truth: null,
    latencyMs: 1,
    evidence: { filtered: false, guarded: false, unlearnedSimilarity: null, remainingSimilarity: null },
    image: 'AAAA',
    ...changes,
  },
});
const told = (at: number): Happening => ({
  kind: 'told',
  data: { of: 'command', at, id: `c${at}`, actor: null, kind: 'learn', about: 'cat' },
});
const unlearned = (name: string): Happening => {
  const event = { kind: 'unlearned', commandId: 'c', by: 'name', registryVersion: 1, ms: 1 } as const;
  const data: Told = { of: 'event', at: 9, event: { ...event, classes: [{ name, moved: 1 }] } };
  return { kind: 'told', data };
};
const rate = (perSecond: number): StateMessage => ({ kind: 'rate', data: { perSecond, routes: {} } });

/** In a word: a1, t1 (at 1), r7 (7 a second), missed 2. */
function word(message: FeedMessage): string {
  switch (message.kind) {
    case 'answer':
      return `${message.data.id}${message.data.image === null ? ' without picture' : ''}`;
    case 'told':
      return `t${message.data.at}`;
    case 'rate':
      return `r${message.data.perSecond}`;
    case 'missed':
      return `missed ${message.data.count}`;
    default:
      return message.kind;
  }
}

/** A feed that the test feeds, and pages that take everything at once. */
function feeding(kept = { answer: 3, told: 2 }) {
  const source = new Subject<StateMessage | Happening>();
  const feed = createFeed(source, kept);
  const page = (lastId?: string) => {
    const seen: string[] = [];
    const ids: (string | null)[] = [];
    const subscription = feed
      .follow(lastId, (message, id) => {
        seen.push(word(message));
        ids.push(id);
        return [undefined];
      })
      .subscribe();
    return {
      seen,
      leave: () => subscription.unsubscribe(),
      lastId: () => ids.findLast((id) => id !== null) as string,
    };
  };
  return { source, feed, page };
}

describe('the feed', () => {
  it('tells a page that comes the newest states, then the last of each kind of happening, then what follows', () => {
    const { source, page } = feeding();
    page();
    for (const message of [rate(1), told(1), answer('a1'), rate(2), answer('a2'), answer('a3'), told(2)])
      source.next(message);
    source.next(told(3));
    source.next(answer('a4'));
    const late = page();
    source.next(rate(3));
    expect(late.seen).toEqual(['r2', 'a2', 'a3', 't2', 't3', 'a4', 'r3']);
  });

  it('tells a page that comes back what it has not seen, and how much of that is lost', () => {
    const { source, page } = feeding();
    page();
    const first = page();
    source.next(answer('a1'));
    source.next(told(1));
    first.leave();
    const nothing = page(first.lastId());
    expect(nothing.seen).toEqual([]);
    source.next(answer('a2'));
    expect(page(first.lastId()).seen).toEqual(['a2']);
    for (const id of ['a3', 'a4', 'a5']) source.next(answer(id));
    expect(page(first.lastId()).seen).toEqual(['missed 1', 'a3', 'a4', 'a5']);
    expect(page('another-life/1').seen).toContain('a5');
  });

  it('keeps no picture of a class that is forgotten, answered with or said to be', () => {
    const { source, page } = feeding({ answer: 4, told: 2 });
    page();
    source.next(answer('a1'));
    source.next(answer('a2', { label: 'dog' }));
    source.next(answer('a3', { label: 'dog', truth: 'cat' }));
    source.next(unlearned('cat'));
    expect(page().seen).toEqual(['a1 without picture', 'a2', 'a3 without picture', 't9']);
  });

  it(
    'does nothing without a page, goes on for 10 s without one, and then forgets everything',
    marbles(({ hot, expectObservable, expectSubscriptions, flush }) => {
      const source = hot<StateMessage | Happening>('-----a 20000ms b', {
        a: answer('a1'),
        b: answer('a2'),
      });
      const feed = createFeed(source, { answer: 3, told: 3 });
      const seen: string[] = [];
      const send = (message: FeedMessage) => {
        seen.push(word(message));
        return [undefined];
      };
      expectObservable(feed.follow(undefined, send), '  --^-------!').toBe('');
      // 10 s after the first has gone the source is left; the next page begins anew.
      expectObservable(feed.follow(undefined, send), '15000ms ^-!').toBe('');
      expectSubscriptions(source.subscriptions).toBe(['--^ 10007ms !', '15000ms ^ 10001ms !']);
      flush();
      expect(seen).toEqual(['a1']);
    }),
  );

  it(
    'leaves out the oldest for a slow page and tells it how many, while the source and other pages go on',
    marbles(({ hot, expectObservable, expectSubscriptions, flush }) => {
      const message = (name: string): Happening => answer(name);
      const source = hot<StateMessage | Happening>('-abcde', {
        a: message('a'),
        b: message('b'),
        c: message('c'),
        d: message('d'),
        e: message('e'),
      });
      const feed = createFeed(source, { answer: 1, told: 1 });
      const slow: string[] = [];
      const quick: string[] = [];
      const noting = (seen: string[], ms: number) => (told: FeedMessage) => {
        seen.push(word(told));
        return timer(ms).pipe(map(() => undefined));
      };
      expectObservable(feed.follow(undefined, noting(slow, 10)), '^ 99ms !').toBe('');
      expectObservable(feed.follow(undefined, noting(quick, 0)), '^ 99ms !').toBe('');
      flush();
      expect(slow).toEqual(['a', 'missed 2', 'd', 'e']);
      expect(quick).toEqual(['a', 'b', 'c', 'd', 'e']);
      expectSubscriptions(source.subscriptions).toBe('^ 10099ms !');
    }),
  );

  it('is not ended by a page that takes nothing', () => {
    const { source, feed, page } = feeding();
    feed.follow(undefined, () => NEVER).subscribe();
    const other = page();
    for (let index = 0; index < 10_000; index++) source.next(answer(`a${index}`));
    expect(other.seen).toHaveLength(10_000);
  });
});
