import { from, lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { LetheError } from '../../../src/domain/errors.js';
import { accepted, type Flow } from '../../../src/operators/flow.js';
import { mapAcceptedInBatches, mapAcceptedOrdered } from '../../../src/operators/mapAccepted.js';
import { EMPTY_RECORD } from '../../support/emptyRecord.js';

const all = <T>(values: readonly T[]) => from(values.map((value) => accepted(value, EMPTY_RECORD)));
const shown = (items: readonly Flow<unknown>[]) =>
  items.map((item) => (item.ok ? item.value : item.error.code));

const away = new LetheError('backend-unavailable', 'the store is away', { remedy: 'Wait.', retriable: true });
const wrong = new LetheError('invalid-vector', 'not this one', { remedy: 'Send another.' });

describe('mapAcceptedInBatches', () => {
  const batched = (project: (values: readonly string[]) => Promise<readonly string[]>) =>
    lastValueFrom(all(['a', 'bad', 'c']).pipe(mapAcceptedInBatches(8, project), toArray()));

  it('refuses the value at which its batch throws, and no other', async () => {
    const results = await batched(async (values) => {
      if (values.includes('bad')) throw wrong;
      return values.map((value) => value.toUpperCase());
    });
    expect(shown(results)).toEqual(['A', 'invalid-vector', 'C']);
  });

  it('refuses nothing for what passes: it fails, and is started again', async () => {
    const failing = batched(async () => {
      throw away;
    });
    await expect(failing).rejects.toBe(away);
  });

  it('takes what is unexpected for no verdict on the record', async () => {
    const failing = batched(async (values) => {
      if (values.includes('bad')) throw new TypeError('boom');
      return values;
    });
    await expect(failing).rejects.toThrow('boom');
  });

  it('gets over what fails for several together and for none alone', async () => {
    const results = await batched(async (values) => {
      if (values.length > 1) throw new TypeError('too many');
      return values;
    });
    expect(shown(results)).toEqual(['a', 'bad', 'c']);
  });
});

describe('mapAcceptedOrdered', () => {
  it('refuses what throws, also what was not expected; what passes fails the stream', async () => {
    const ordered = (thrown: unknown) =>
      lastValueFrom(
        all(['a', 'bad']).pipe(
          mapAcceptedOrdered(2, async (value) => {
            if (value === 'bad') throw thrown;
            return value;
          }),
          toArray(),
        ),
      );
    expect(shown(await ordered(new TypeError('boom')))).toEqual(['a', 'internal']);
    expect(shown(await ordered(wrong))).toEqual(['a', 'invalid-vector']);
    await expect(ordered(away)).rejects.toBe(away);
  });
});
