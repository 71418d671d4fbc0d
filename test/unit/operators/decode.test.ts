import { expect, it } from 'vitest';
import { LetheError } from '../../../src/domain/errors.js';
import { decode } from '../../../src/operators/decode.js';
import { notingProbe, recordAt, shown, through } from '../../support/flows.js';

it('a record becomes a message, or is refused with what its parser says, or as invalid', async () => {
  const { probe, noted } = notingProbe();
  const refused = new LetheError('internal', 'it ended whole processes', { remedy: 'Report it.' });
  const records = [
    recordAt(0, { key: 'good' }),
    recordAt(1, { key: 'unknown' }),
    recordAt(2, { key: 'odd' }),
    recordAt(3, { key: 'good', refused }),
  ];
  const flow = await through(
    records,
    decode(({ key }) => {
      if (key === 'unknown') throw new LetheError('unknown-command', 'no such', { remedy: 'Name another.' });
      if (key === 'odd') throw new TypeError('boom');
      return `${key} message`;
    }, probe),
  );
  expect(shown(flow)).toEqual(['good message', 'unknown-command', 'invalid-message', 'internal']);
  expect(flow.map(({ source }) => source)).toEqual(records);
  expect(noted).toEqual(['decode 0']);
});
