import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { CLASS_STATES, type ClassRecord, FORGOTTEN, type TaskRecord } from '../../../src/domain/classes.js';
import { classRefusal } from '../../../src/domain/classRefusals.js';
import {
  nextOf,
  outcomeOf,
  REFUSALS,
  REQUESTS,
  STANDINGS,
  STEPS,
  standingOf,
} from '../../../src/domain/classStates.js';
import { statesTables } from '../../support/statesTables.js';

const model = {
  version: 'v1',
  task: 't1',
  classes: ['cat'],
  checkpoint: 'memory:v1',
  sha256: '0'.repeat(64),
  dimension: 4,
  backend: 'cpu',
};
const tasks: ReadonlyMap<string, TaskRecord> = new Map();
const record = (state: ClassRecord['state'], more: Partial<ClassRecord> = {}): ClassRecord => ({
  name: 'cat',
  state,
  task: 't1',
  count: 0,
  centroid: null,
  ...more,
});

describe('the state machine of a class', () => {
  it('is what docs/states.md shows', async () => {
    const page = await readFile(new URL('../../../docs/states.md', import.meta.url), 'utf8');
    const { requests, steps } = statesTables();
    expect(page).toContain(requests);
    expect(page).toContain(steps);
  });

  it('never leads from a forgotten class to one that is answered with, but by relearning it or by a model', () => {
    const ways = STANDINGS.flatMap((standing) => [
      ...REQUESTS.flatMap((request) => {
        const outcome = outcomeOf(request, standing);
        return 'to' in outcome && outcome.to === 'learned' ? [`${request} ${standing}`] : [];
      }),
      ...STEPS.filter((step) => nextOf(step, standing) === 'learned').map((step) => `${step} ${standing}`),
    ]);
    expect(ways).toEqual(['trained learning', 'trained learned', 'relearn unlearned']);
  });

  it('leaves exactly one way forward from each standing in which a class is forgotten and not being erased', () => {
    const ways = (['unlearned', 'rebuilt', 'gone', 'erased'] as const).map((standing) =>
      (['learn', 'relearn'] as const).filter((request) => 'to' in outcomeOf(request, standing)),
    );
    expect(ways).toEqual([['relearn'], ['relearn'], ['learn'], ['learn']]);
    // Of an emptied one it opens with the next model that is made without it.
    expect(nextOf('rebuilt', 'emptied')).toBe('rebuilt');
  });

  it('knows a standing for every record, by what is stored and what the model knows', () => {
    expect(standingOf(undefined, 0, { model, tasks })).toBe('absent');
    expect(standingOf(undefined, 1, { model, tasks })).toBe('unannounced');
    expect(standingOf(record('learning'), 0, { model: null, tasks })).toBe('learning');
    expect(standingOf(record('learned'), 0, { model, tasks })).toBe('learned');
    expect(standingOf(record('unlearned'), 1, { model, tasks })).toBe('unlearned');
    expect(standingOf(record('unlearned'), 1, { model: null, tasks })).toBe('rebuilt');
    expect(standingOf(record('unlearned'), 0, { model, tasks })).toBe('emptied');
    expect(standingOf(record('rebuilt'), 0, { model: null, tasks })).toBe('gone');
    const open: TaskRecord = { name: 't1', state: 'open', classes: ['cat'], samples: 1 };
    expect(standingOf(record('unlearned'), 0, { model: null, tasks: new Map([['t1', open]]) })).toBe(
      'emptied',
    );
    expect(standingOf(record('erased'), 0, { model, tasks })).toBe('erased');
    expect(standingOf(record('unlearned', { erasing: 'e1' }), 1, { model, tasks })).toBe('erasing');
  });

  it('refuses in words that name the class, with something to do', () => {
    for (const refusal of REFUSALS) {
      const error = classRefusal(refusal, { name: 'cat', record: undefined, known: [] }, 'classes.0');
      expect(error.message).toContain('"cat"');
      expect(error.remedy).toMatch(/\.$/);
    }
    expect(CLASS_STATES.filter((state) => FORGOTTEN.includes(state))).toEqual(FORGOTTEN);
  });
});
