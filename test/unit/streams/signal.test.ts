import { expect, it } from 'vitest';
import { LetheError } from '../../../src/domain/errors.js';
import { accepted, rejected } from '../../../src/operators/flow.js';
import { toSignals } from '../../../src/streams/signal.js';
import { recordAt, through } from '../../support/flows.js';

it('each item that was published is told of: a refused one as a dead letter', async () => {
  const error = new LetheError('invalid-vector', 'not this one', { remedy: '' });
  const items = [accepted(true, recordAt(0)), rejected(error, recordAt(1))];
  const signals = await through(
    items,
    toSignals((fresh) => ({ kind: 'stored', fresh })),
  );
  expect(signals).toEqual([
    { kind: 'stored', fresh: true },
    { kind: 'dead-letter', code: 'invalid-vector', message: 'not this one', source: recordAt(1) },
  ]);
});
