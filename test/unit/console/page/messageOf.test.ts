import { describe, expect, it } from 'vitest';
import { messageOf } from '../../../../src/console/page/messageOf.js';

describe('a message of the feed', () => {
  it('is taken where it is one', () => {
    expect(messageOf('rate', '{"perSecond":3,"routes":{}}')).toEqual({
      kind: 'rate',
      data: { perSecond: 3, routes: {} },
    });
    expect(messageOf('training', 'null')).toEqual({ kind: 'training', data: null });
    expect(messageOf('missed', '{"count":2}')).toEqual({ kind: 'missed', data: { count: 2 } });
  });

  it.each([
    [undefined, '{"count":2}'],
    ['gossip', '{"count":2}'],
    ['__proto__', '{}'],
    ['rate', '{"perSecond":'],
    ['rate', 'null'],
    ['rate', '3'],
    ['map', '{"points":""}'],
  ])('is passed over where it is none: %s %s', (kind, json) => {
    expect(messageOf(kind, json)).toBeNull();
  });
});
