import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeQuery } from '../../src/domain/cloudEvents.js';
import { around, learn, type Processing, startProcessing } from '../support/processing.js';

const QUERIES = 2000;
const AXES = { cat: 0, dog: 4, frog: 8 } as const;

describe('read your unlearn', () => {
  let processing: Processing;
  beforeAll(async () => {
    processing = startProcessing();
    await learn(processing, 't1', AXES);
  });
  afterAll(() => processing.stop());

  /** Queries in the middle of the class `dog`, without waiting for their answers. */
  const send = async (from: number, to: number): Promise<void> => {
    for (let index = from; index < to; index++) {
      const payload = { kind: 'vector' as const, vector: around(AXES.dog, index) };
      await processing.log.publish([encodeQuery({ id: `q${index}`, payload }, processing.topics)]);
    }
  };
  const predictions = () =>
    processing.signals.flatMap((signal) => (signal.kind === 'prediction' ? [signal.prediction] : []));

  it('answers no query that is read after the event with the class, however many are under way', async () => {
    const before = send(0, QUERIES / 2);
    await processing.query('first', around(AXES.dog, 0));
    await processing.command({ id: 'u1', kind: 'unlearn', classes: ['dog'] });
    const { registryVersion } = await processing.event('unlearned');
    await send(QUERIES / 2, QUERIES);
    await before;
    await processing.query('last', around(AXES.dog, 1));

    expect(predictions()).toHaveLength(QUERIES + 2);
    const named = predictions().filter(({ label }) => label === 'dog');
    expect(named.length).toBeGreaterThan(0);
    expect(named.every((prediction) => prediction.registryVersion < registryVersion)).toBe(true);
    const late = predictions().filter(({ queryId }) => Number(queryId.slice(1)) >= QUERIES / 2);
    expect(late).toHaveLength(QUERIES / 2);
    expect(
      late.every(
        ({ label, probabilities }) => ![label, ...probabilities.map((each) => each.label)].includes('dog'),
      ),
    ).toBe(true);
  });
});
