import { describe, expect, it } from 'vitest';
import { LetheError } from '../../../src/domain/errors.js';
import type { LogRecord, OutgoingRecord } from '../../../src/domain/record.js';
import { accepted, type Flow, rejected } from '../../../src/operators/flow.js';
import { ORDINARY_RESULT_BYTES, publish } from '../../../src/operators/publish.js';
import { notingProbe, recordAt, through } from '../../support/flows.js';

type Settled = { readonly input: LogRecord; readonly outputs: readonly OutgoingRecord[] };

const answerOf = (bytes: number): OutgoingRecord => ({
  topic: 'answers',
  key: null,
  value: Buffer.alloc(bytes),
  headers: {},
});

function publishing(lost: readonly LogRecord[] = []) {
  const settled: (readonly Settled[])[] = [];
  const { probe, noted } = notingProbe();
  const operator = publish<OutgoingRecord | null>({
    log: {
      settle: async (group, batch) => {
        expect(group).toBe('group');
        settled.push(batch);
        return lost;
      },
    },
    group: 'group',
    deadLetters: 'letters',
    batchSize: 8,
    probe,
    toRecords: (value) => (value ? [value] : []),
  });
  return { operator, settled, noted };
}

describe('publish', () => {
  it('writes results and dead letters in the step that settles their records', async () => {
    const { operator, settled, noted } = publishing();
    const error = new LetheError('invalid-vector', 'not this one', { remedy: 'Send another.' });
    const items: Flow<OutgoingRecord | null>[] = [
      accepted(answerOf(3), recordAt(0)),
      accepted(null, recordAt(1)),
      rejected(error, recordAt(2)),
    ];
    expect(await through(items, operator)).toEqual(items);
    expect(settled).toMatchObject([
      [
        { input: { offset: 0n }, outputs: [{ topic: 'answers' }] },
        { input: { offset: 1n }, outputs: [] },
        {
          input: { offset: 2n },
          outputs: [{ topic: 'letters', headers: { 'lethe-reason': 'invalid-vector' } }],
        },
      ],
    ]);
    expect(noted).toEqual(['publish 0,1,2']);
  });

  it('tells nothing of records that another reader deals with now', async () => {
    const [mine, lost] = [recordAt(0), recordAt(1)];
    const { operator } = publishing([lost]);
    const items = [accepted(answerOf(1), mine), accepted(answerOf(1), lost)];
    expect(await through(items, operator)).toEqual([items[0]]);
  });

  it('an ordinary result must fit; a larger one that does not becomes a dead letter of its record', async () => {
    const { operator, settled } = publishing();
    // A record takes 40 bytes beside its value.
    const [ordinary, large] = [answerOf(ORDINARY_RESULT_BYTES - 40), answerOf(ORDINARY_RESULT_BYTES - 39)];
    await through([accepted(ordinary, recordAt(0)), accepted(large, recordAt(1))], operator);
    const [first, second] = settled.flat().flatMap(({ outputs }) => outputs);
    expect([first?.mustFit, first?.smaller]).toEqual([true, undefined]);
    expect(second?.mustFit).toBeUndefined();
    expect(second?.smaller?.()).toMatchObject({
      topic: 'letters',
      headers: {
        'lethe-offset': '1',
        'lethe-reason': 'config-invalid',
        'lethe-message': expect.stringContaining(`queries/0/1 has ${ORDINARY_RESULT_BYTES + 1} bytes`),
      },
    });
  });

  it('a result with a smaller form takes that first, and then the same holds for it', async () => {
    const { operator, settled } = publishing();
    const [ordinary, large] = [answerOf(1), answerOf(ORDINARY_RESULT_BYTES)];
    const results = [ordinary, large].map((smaller) => ({ ...answerOf(2 ** 20), smaller: () => smaller }));
    await through(
      results.map((result, index) => accepted(result, recordAt(index))),
      operator,
    );
    const [first, second] = settled.flat().flatMap(({ outputs }) => outputs);
    expect([first?.mustFit, second?.mustFit]).toEqual([undefined, undefined]);
    expect(first?.smaller?.()).toEqual({ ...ordinary, mustFit: true });
    expect(second?.smaller?.().smaller?.()).toMatchObject({ topic: 'letters' });
  });
});
