import { describe, expect, it } from 'vitest';
import type { Answer, Told } from '../../../../src/console/messages.js';
import { type Action, INITIAL, reduce, type State } from '../../../../src/console/page/state.js';

const answer = (id: string, label = 'cat'): Action => {
  const evidence = { filtered: false, guarded: false, unlearnedSimilarity: null, remainingSimilarity: null };
  const rest = { at: 0, probability: 1, truth: null, latencyMs: 1, evidence, image: 'AAAA' };
  return { kind: 'answer', data: { id, label, route: 'model', ...rest } satisfies Answer };
};
const event = (at: number, commandId: string): Extract<Told, { of: 'event' }> => ({
  of: 'event',
  at,
  event: {
    kind: 'unlearned',
    commandId,
    by: 'name',
    classes: [{ name: 'cat', moved: 3 }],
    registryVersion: 1,
    ms: 1,
  },
});
const following = (...actions: Action[]): State => actions.reduce(reduce, INITIAL);

describe('the state of the page', () => {
  it('shows the newest answers first, each once, in bounds', () => {
    const many = Array.from({ length: 100 }, (_, index) => answer(`a${index}`));
    const { answers } = following(...many, answer('a99'));
    expect(answers).toHaveLength(40);
    expect(answers[0]?.id).toBe('a99');
    expect(answers.filter(({ id }) => id === 'a99')).toHaveLength(1);
  });

  it('stands still while it is held, and has gone on behind that', () => {
    const held = following(answer('a1'), { kind: 'hold', data: true }, answer('a2'));
    expect(held.held?.map(({ id }) => id)).toEqual(['a1']);
    expect(reduce(held, { kind: 'hold', data: false })).toMatchObject({ held: null });
    expect(held.answers.map(({ id }) => id)).toEqual(['a2', 'a1']);
  });

  it('drops the pictures of a class that is unlearned, also those that are held', () => {
    const state = following(
      answer('a1'),
      answer('a2', 'dog'),
      { kind: 'hold', data: true },
      { kind: 'told', data: event(1, 'c') },
    );
    for (const answers of [state.answers, state.held ?? []])
      expect(answers.map(({ label, image }) => [label, image])).toEqual([
        ['dog', 'AAAA'],
        ['cat', null],
      ]);
  });

  it('puts the timeline in order, and tells nothing twice', () => {
    const { told } = following(
      { kind: 'told', data: event(2, 'b') },
      { kind: 'told', data: event(1, 'a') },
      { kind: 'told', data: event(2, 'b') },
    );
    expect(told.map(({ at }) => at)).toEqual([2, 1]);
  });

  const order = { id: 'c', kind: 'unlearn', name: 'cat' } as const;
  it('waits for what comes of an order, whichever is told first: that it was taken, or that it was done', () => {
    const asked: Action = { kind: 'ordered', data: { ...order, id: null } };
    const taken: Action = { kind: 'ordered', data: order };
    const done: Action = { kind: 'told', data: event(1, 'c') };
    expect(following(asked)).toMatchObject({ order: { id: null }, notice: { bad: false } });
    expect(following(asked, taken, { kind: 'told', data: event(1, 'other') }).order).toEqual(order);
    for (const state of [following(asked, taken, done), following(asked, done, taken)]) {
      expect(state.order).toBeNull();
      expect(state.notice?.text).toContain('cat is unlearned');
    }
  });

  it('tells of an order that was refused, or could not be sent', () => {
    const error = { code: 'unknown-class', message: 'there is no cat', remedy: '' } as const;
    const rejected = { kind: 'command-rejected', commandId: 'c', command: 'unlearn', error } as const;
    const refused = following(
      { kind: 'ordered', data: order },
      { kind: 'told', data: { of: 'event', at: 1, event: rejected } },
    );
    expect(refused).toMatchObject({ order: null, notice: { bad: true, text: 'Refused: there is no cat' } });
    const failed = following(
      { kind: 'ordered', data: order },
      { kind: 'order-failed', data: 'out of reach' },
    );
    expect(failed).toMatchObject({ order: null, notice: { bad: true, text: 'out of reach' } });
    expect(reduce(failed, { kind: 'notice-read' }).notice).toBeNull();
  });
});
