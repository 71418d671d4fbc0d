import { createRequire } from 'node:module';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Patience, persist } from '../../../../src/adapters/kafka/waiting.js';
import { kafkaTestOptions } from '../../../support/kafkaOptions.js';

const { createErrorFromCode, errorCodes } = createRequire(import.meta.url)(
  'kafkajs/src/protocol/error.js',
) as {
  createErrorFromCode: (code: number) => Error;
  errorCodes: readonly { readonly type: string; readonly code: number }[];
};
const writing = { what: 'write to', topics: ['t'] };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const errorOf = (type: string): Error =>
  createErrorFromCode(errorCodes.find((each) => each.type === type)?.code ?? 0);

function patient(topicsExist: readonly string[] = []) {
  const told: (string | undefined)[] = [];
  const options = kafkaTestOptions('none', { topicsExist });
  const patience = new Patience(options, new AbortController().signal, (why) => told.push(why));
  let failing = true;
  /** Fails until it is mended. */
  const attempt = (error: Error) =>
    persist(patience, writing, async () => {
      if (failing) throw error;
      return 'done';
    });
  const mend = (): void => {
    failing = false;
  };
  return { patience, attempt, told, mend };
}

/** What a running worker can't mend by waiting: it lies in the record itself. */
const OF_THE_RECORD = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'];

describe('what Kafka refuses under a running worker', () => {
  it('is waited for, with the reason, whatever it is', async () => {
    const passing = errorCodes.filter(({ type }) => !OF_THE_RECORD.includes(type));
    expect(passing.length).toBeGreaterThan(80);
    const tried = passing.map(({ code, type }) => {
      const { patience, attempt, told, mend } = patient(['t']);
      patience.succeeded(writing);
      return { type, patience, outcome: attempt(createErrorFromCode(code)), told, mend };
    });
    await vi.waitFor(() => {
      for (const { told, type } of tried) expect(told, type).toHaveLength(1);
    });
    vi.setSystemTime(Date.now() + 60_000);
    for (const { patience, told, mend, type } of tried) {
      expect(patience.well, type).toBe(false);
      expect(told[0], type).toContain('write to t: ');
      mend();
    }
    for (const { patience, told, outcome, type } of tried) {
      expect(await outcome, type).toBe('done');
      expect(patience.well, type).toBe(true);
      expect(told.slice(1), type).toEqual([undefined]);
    }
  });

  it.each(OF_THE_RECORD)('%s is no matter of waiting', async (type) => {
    const { patience, attempt } = patient(['t']);
    patience.succeeded(writing);
    await expect(attempt(errorOf(type))).rejects.toMatchObject({ type });
    expect(patience.well).toBe(true);
  });
});

describe('what Kafka refuses from the first', () => {
  it.each(['TOPIC_AUTHORIZATION_FAILED', 'GROUP_AUTHORIZATION_FAILED'])(
    '%s: an error at once',
    async (type) => {
      await expect(patient().attempt(errorOf(type))).rejects.toMatchObject({
        code: 'config-invalid',
        field: 'transport.kafka.sasl.username',
      });
    },
  );

  it('a topic that no one knew of: an error after ten seconds', async () => {
    const { attempt, told } = patient();
    const outcome = expect(attempt(errorOf('UNKNOWN_TOPIC_OR_PARTITION'))).rejects.toMatchObject({
      code: 'config-invalid',
      field: 'transport.topics',
    });
    await vi.waitFor(() => expect(told).toEqual(['write to t: there is no such topic']));
    vi.setSystemTime(Date.now() + 11_000);
    await outcome;
  });
});

it('who waits for several things says one of them, until the last is over', () => {
  const { patience, told } = patient();
  const [one, other] = [{}, {}];
  patience.troubled(one, 'a');
  patience.troubled(other, 'b');
  patience.troubled(one, 'a');
  patience.over(one);
  patience.over(other);
  patience.over(other);
  expect(told).toEqual(['a', 'b', undefined]);
});
