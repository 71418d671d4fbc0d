import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLASS_STATES, type ClassRecord, type ClassState } from '../../../../src/domain/classes.js';
import {
  PAPER_STRATEGIES,
  predictionSchema,
  STRATEGY_NAMES,
} from '../../../../src/domain/messages/prediction.js';
import {
  type Answer,
  type AnswerOptions,
  answerTo,
  type Question,
} from '../../../../src/model/answer/answer.js';

const DIMENSION = 3;
const OPTIONS: AnswerOptions = { strategy: 'nearest', guard: true, topK: 5 };
const PASSED = { filtered: false, unlearnedSimilarity: 0.1, remainingSimilarity: 0.9 };
const STOPPED = { filtered: true, unlearnedSimilarity: 0.9, remainingSimilarity: 0.1 };

/** Class `index` has its centroid on axis `index`. */
function classRecord(name: string, state: ClassState, index: number): ClassRecord {
  const centroid = new Float32Array(DIMENSION);
  centroid[index % DIMENSION] = 1;
  return { name, state, task: 't', count: 10, centroid: state === 'learning' ? null : centroid };
}

function registryOf(states: Readonly<Record<string, ClassState>>) {
  const records = Object.entries(states).map(([name, state], index) => classRecord(name, state, index));
  return { version: 1, classes: new Map(records.map((record) => [record.name, record])) };
}

/** The model likes cat most, then dog, then ship; the vector lies at ship. */
const QUESTION: Question = {
  vector: Float32Array.of(0, 0.1, 0.99),
  logits: Float32Array.of(3, 2, 1),
  modelClasses: ['cat', 'dog', 'ship'],
  assessment: PASSED,
  random: 0.5,
};
const LEARNED = registryOf({ cat: 'learned', dog: 'learned', ship: 'learned' });
const CAT_FORGOTTEN = registryOf({ cat: 'unlearned', dog: 'learned', ship: 'learned' });

const named = ({ probabilities }: Answer): string[] => probabilities.map(({ label }) => label);

describe('answerTo', () => {
  it("gives the model's answer where nothing stops the input", () => {
    const answer = answerTo(QUESTION, LEARNED, OPTIONS);
    expect(answer).toMatchObject({ label: 'cat', route: 'model', evidence: { ...PASSED, guarded: false } });
    expect(named(answer)).toEqual(['cat', 'dog', 'ship']);
    expect(answer.probabilities[0]?.probability).toBeCloseTo(1 / (1 + Math.exp(-1) + Math.exp(-2)), 6);
  });

  it('sends what the filter stops to the output strategy', () => {
    const answer = answerTo({ ...QUESTION, assessment: STOPPED }, CAT_FORGOTTEN, OPTIONS);
    expect(answer).toMatchObject({ label: 'ship', route: 'strategy:nearest', evidence: STOPPED });
    expect(named(answer)).not.toContain('cat');
  });

  it('sends an input whose best class is unlearned to the output strategy: the guard', () => {
    const answer = answerTo(QUESTION, CAT_FORGOTTEN, OPTIONS);
    expect(answer).toMatchObject({ label: 'ship', route: 'strategy:nearest', evidence: { guarded: true } });
  });

  it('leaves unlearned classes out of the softmax where the guard lets the input pass', () => {
    const question = { ...QUESTION, logits: Float32Array.of(2, 3, 1) };
    const answer = answerTo(question, CAT_FORGOTTEN, OPTIONS);
    expect(answer).toMatchObject({ label: 'dog', route: 'model', evidence: { guarded: false } });
    expect(named(answer)).toEqual(['dog', 'ship']);
    expect(answer.probabilities[0]?.probability).toBeCloseTo(1 / (1 + Math.exp(-2)), 6);
  });

  it('with the guard off, names unlearned classes that slip through the filter, as in the paper', () => {
    const answer = answerTo(QUESTION, CAT_FORGOTTEN, { ...OPTIONS, guard: false });
    expect(answer).toMatchObject({ label: 'cat', route: 'model', evidence: { guarded: false } });
    expect(named(answer)).toEqual(['cat', 'dog', 'ship']);
  });

  it('does not let the model answer with a class whose training is not finished', () => {
    const registry = registryOf({ cat: 'learning', dog: 'learned', ship: 'learned' });
    for (const guard of [true, false]) {
      const answer = answerTo(QUESTION, registry, { ...OPTIONS, guard });
      expect(answer).toMatchObject({ label: 'dog', route: 'model', evidence: { guarded: false } });
      expect(named(answer)).toEqual(['dog', 'ship']);
    }
  });

  it('does not let the model answer with a class that the registry no longer knows', () => {
    const answer = answerTo(QUESTION, registryOf({ dog: 'learned' }), OPTIONS);
    expect(answer).toMatchObject({ label: 'dog', route: 'model' });
    expect(named(answer)).toEqual(['dog']);
  });

  it('answers by strategy where all classes that the model knows are unlearned', () => {
    const question = { ...QUESTION, modelClasses: ['cat'], logits: Float32Array.of(1) };
    expect(answerTo(question, CAT_FORGOTTEN, OPTIONS)).toMatchObject({
      label: 'ship',
      route: 'strategy:nearest',
    });
  });

  it("by strategy masked, answers with the model's scores of the remaining classes, and says why", () => {
    const masked = { ...OPTIONS, strategy: 'masked' } as const;
    const guarded = answerTo(QUESTION, CAT_FORGOTTEN, masked);
    expect(guarded).toMatchObject({ label: 'dog', route: 'strategy:masked', evidence: { guarded: true } });
    expect(named(guarded)).toEqual(['dog', 'ship']);
    expect(guarded.probabilities[0]?.probability).toBeCloseTo(1 / (1 + Math.exp(-1)), 6);
    // The guard's absence lets unlearned classes into the model's answers, not into the strategy's.
    const stopped = { ...QUESTION, assessment: STOPPED };
    expect(answerTo(stopped, CAT_FORGOTTEN, { ...masked, guard: false })).toMatchObject({
      label: 'dog',
      route: 'strategy:masked',
    });
  });

  it('by strategy masked, answers with the nearest centroid where the model knows no remaining class', () => {
    const question = { ...QUESTION, modelClasses: ['cat'], logits: Float32Array.of(1) };
    expect(answerTo(question, CAT_FORGOTTEN, { ...OPTIONS, strategy: 'masked' })).toMatchObject({
      label: 'ship',
      route: 'strategy:nearest',
    });
  });

  it('by strategy masked, answers as a model that has no unlearned class, whatever filter and guard say', () => {
    const logits = fc.array(fc.float({ noNaN: true, min: -50, max: 50 }), { minLength: 3, maxLength: 3 });
    const options = { ...OPTIONS, strategy: 'masked' } as const;
    fc.assert(
      fc.property(logits, fc.boolean(), (all, filtered) => {
        const assessment = { ...PASSED, filtered };
        const asked = { ...QUESTION, assessment, logits: Float32Array.from(all) };
        const without = { ...asked, logits: asked.logits.subarray(1), modelClasses: ['dog', 'ship'] };
        const answer = answerTo(asked, CAT_FORGOTTEN, options);
        const exact = answerTo(without, CAT_FORGOTTEN, options);
        expect([answer.label, answer.probabilities]).toEqual([exact.label, exact.probabilities]);
      }),
    );
  });

  it.each(PAPER_STRATEGIES)('by strategy %s, says so', (strategy) => {
    const answer = answerTo(QUESTION, CAT_FORGOTTEN, { ...OPTIONS, strategy });
    expect(answer.route).toBe(`strategy:${strategy}`);
  });

  it('answers by strategy with no class that has no centroid yet', () => {
    const ship = { ...classRecord('ship', 'learned', 2), centroid: null };
    const classes = new Map([...CAT_FORGOTTEN.classes, ['ship', ship]]);
    expect(named(answerTo(QUESTION, { classes }, OPTIONS))).toEqual(['dog']);
    const none = new Map([['ship', ship]]);
    expect(() => answerTo(QUESTION, { classes: none }, OPTIONS)).toThrow(
      expect.objectContaining({ code: 'no-model' }),
    );
  });

  describe('that abstains', () => {
    const abstaining = { ...OPTIONS, unlearned: 'abstain' } as const;
    const nobody = { label: null, probabilities: [], route: 'abstained' };

    it('names no class where the filter or the guard stops the input, and says which of them', () => {
      const filtered = answerTo({ ...QUESTION, assessment: STOPPED }, LEARNED, abstaining);
      expect(filtered).toEqual({ ...nobody, evidence: { ...STOPPED, guarded: false } });
      const guarded = answerTo(QUESTION, CAT_FORGOTTEN, abstaining);
      expect(guarded).toEqual({ ...nobody, evidence: { ...PASSED, guarded: true } });
      expect(answerTo(QUESTION, CAT_FORGOTTEN, { ...abstaining, strategy: 'masked' })).toEqual(guarded);
    });

    it('answers what nothing stops, also where only the strategy can', () => {
      expect(answerTo(QUESTION, LEARNED, abstaining)).toMatchObject({ label: 'cat', route: 'model' });
      const unseen = { ...QUESTION, modelClasses: ['a', 'b', 'c'] };
      expect(answerTo(unseen, LEARNED, abstaining)).toMatchObject({
        label: 'ship',
        route: 'strategy:nearest',
      });
    });

    it('takes what is like nothing known for that', () => {
      const both = { ...abstaining, unknown: true };
      const at = (knownLevel: number) =>
        answerTo({ ...QUESTION, assessment: STOPPED }, { ...LEARNED, knownLevel }, both).route;
      expect([at(0.95), at(0.5)]).toEqual(['unknown', 'abstained']);
    });
  });

  describe('of an input that is like nothing known', () => {
    const unknown = { ...OPTIONS, unknown: true };
    const routeAt = (knownLevel: number | null, assessment: Partial<typeof PASSED>, options = unknown) =>
      answerTo({ ...QUESTION, assessment: { ...PASSED, ...assessment } }, { ...LEARNED, knownLevel }, options)
        .route;

    it('names no class', () => {
      const answer = answerTo(QUESTION, { ...LEARNED, knownLevel: 0.95 }, unknown);
      expect(answer).toEqual({
        label: null,
        probabilities: [],
        route: 'unknown',
        evidence: { ...PASSED, guarded: false },
      });
    });

    it('goes by the more similar of both databases, and by the level that is calibrated', () => {
      expect(routeAt(0.9, { unlearnedSimilarity: 0.1, remainingSimilarity: 0.9 })).toBe('model');
      expect(routeAt(0.9, { unlearnedSimilarity: 0.9, remainingSimilarity: 0.1 })).toBe('model');
      expect(routeAt(0.91, { unlearnedSimilarity: 0.1, remainingSimilarity: 0.9 })).toBe('unknown');
    });

    it('takes a database without vectors for one that is as unlike as can be', () => {
      const nothing = { ...PASSED, unlearnedSimilarity: null, remainingSimilarity: null };
      const at = (knownLevel: number, assessment: Question['assessment']) =>
        answerTo({ ...QUESTION, assessment }, { ...LEARNED, knownLevel }, unknown).route;
      expect(at(-0.9, nothing)).toBe('unknown');
      expect(at(-1, nothing)).toBe('model');
      expect(at(0.5, { ...nothing, unlearnedSimilarity: 0.4 })).toBe('unknown');
      expect(at(0.5, { ...nothing, remainingSimilarity: 0.4 })).toBe('unknown');
    });

    it('is answered all the same before the first calibration, and where the settings say so', () => {
      expect(routeAt(null, {})).toBe('model');
      const nothing = { ...PASSED, unlearnedSimilarity: null, remainingSimilarity: null };
      expect(answerTo({ ...QUESTION, assessment: nothing }, LEARNED, unknown).route).toBe('model');
      expect(answerTo(QUESTION, LEARNED, unknown).route).toBe('model');
      expect(routeAt(0.95, {}, { ...OPTIONS, unknown: false })).toBe('model');
      expect(answerTo(QUESTION, { ...LEARNED, knownLevel: 0.95 }, OPTIONS).route).toBe('model');
    });
  });

  it('reports the most probable classes only, best first', () => {
    expect(named(answerTo(QUESTION, LEARNED, { ...OPTIONS, topK: 2 }))).toEqual(['cat', 'dog']);
  });

  it('names the same classes in the same order at every temperature, and is less certain at a higher one', () => {
    const situation = fc.record({
      logits: fc.array(fc.float({ noNaN: true, min: -30, max: 30 }), { minLength: 3, maxLength: 3 }),
      temperatureFactor: fc.double({ min: 1 / 32, max: 32, noNaN: true }),
      filtered: fc.boolean(),
    });
    fc.assert(
      fc.property(situation, ({ logits, temperatureFactor, filtered }) => {
        const question = {
          ...QUESTION,
          logits: Float32Array.from(logits),
          assessment: { ...PASSED, filtered },
        };
        const options = { ...OPTIONS, strategy: 'masked' } as const;
        const [plain, scaled] = [
          answerTo(question, LEARNED, options),
          answerTo({ ...question, temperatureFactor }, LEARNED, options),
        ];
        expect(scaled.label).toBe(plain.label);
        expect(scaled.probabilities[0]?.probability).toBe(
          Math.max(...scaled.probabilities.map(({ probability }) => probability)),
        );
        const [low, high] = temperatureFactor < 1 ? [scaled, plain] : [plain, scaled];
        const certainty = (answer: Answer): number => answer.probabilities[0]?.probability ?? 0;
        expect(certainty(low)).toBeGreaterThanOrEqual(certainty(high) - 1e-12);
      }),
    );
  });

  it.each([
    ['nothing was learned', registryOf({})],
    ['all is unlearned', registryOf({ cat: 'unlearned' })],
    ['all is still being learned', registryOf({ cat: 'learning' })],
  ])('refuses where %s', (_, registry) => {
    const refusal = expect.objectContaining({ code: 'no-model', retriable: true });
    expect(() => answerTo(QUESTION, registry, OPTIONS)).toThrow(refusal);
  });

  it('with the guard on, never names an unlearned class: whatever the model, the filter and the states say', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const states = fc.array(fc.constantFrom(...CLASS_STATES), { minLength: 5, maxLength: 5 });
    const situation = fc.record({
      states: states.filter((all) => all.includes('learned')),
      logits: fc.array(fc.float({ noNaN: true, min: -50, max: 50 }), { minLength: 5, maxLength: 5 }),
      known: fc.shuffledSubarray(names, { minLength: 1 }),
      filtered: fc.boolean(),
      strategy: fc.constantFrom(...STRATEGY_NAMES),
      topK: fc.integer({ min: 1, max: 6 }),
      random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    });
    fc.assert(
      fc.property(situation, ({ states: all, logits, known, filtered, strategy, topK, random }) => {
        const registry = registryOf(
          Object.fromEntries(names.map((name, index) => [name, all[index] ?? 'learned'])),
        );
        const question: Question = {
          vector: Float32Array.of(0.6, 0.8, 0),
          logits: Float32Array.from(logits.slice(0, known.length)),
          modelClasses: known,
          assessment: { ...PASSED, filtered },
          random,
        };
        const answer = answerTo(question, registry, { strategy, guard: true, topK });
        for (const name of [answer.label, ...named(answer)])
          expect(registry.classes.get(name ?? '')?.state).toBe('learned');
        expect(predictionSchema.pick({ probabilities: true, route: true, evidence: true }).parse(answer));
      }),
      { numRuns: 300 },
    );
  });
});
