import { expect, it } from 'vitest';
import { LetheError } from '../../../src/domain/errors.js';
import { topicsUnder } from '../../../src/domain/topics.js';
import { accepted, rejected } from '../../../src/operators/flow.js';
import { noteRefusals } from '../../../src/operators/noteRefusals.js';
import { recordAt, through } from '../../support/flows.js';
import { storeOf, taskOf } from '../../support/knowledge.js';

const topic = topicsUnder('test.').samples;
const error = new LetheError('image-corrupt', 'no picture', { remedy: 'Send another.' });
const ofTask = (offset: number, task: string, id?: string) =>
  recordAt(offset, { topic, headers: { ce_task: task, ...(id && { ce_id: id }) } });

it('refused samples are noted with their task, by id where they have one, and all items pass', async () => {
  const { registry } = await storeOf({});
  const items = [
    accepted('stored', ofTask(0, 't1', 'a')),
    rejected(error, ofTask(1, 't1', 'b')),
    rejected(error, ofTask(2, 't1', 'b')),
    rejected(error, ofTask(3, 't1', 'c')),
    rejected(error, ofTask(4, 't2')),
    rejected(error, recordAt(5, { topic })),
  ];
  expect(await through(items, noteRefusals(registry, { batchSize: 8 }))).toEqual(items);
  expect(await registry.refusedOf('t1')).toEqual({ named: 2, nameless: 0 });
  expect(await registry.refusedOf('t2')).toEqual({ named: 0, nameless: 1 });
});

it('nothing is noted for a task that is over', async () => {
  const { registry } = await storeOf({ tasks: [taskOf('t1', { state: 'told' }), taskOf('t2')] });
  const items = [rejected(error, ofTask(1, 't1', 'a')), rejected(error, ofTask(2, 't2', 'b'))];
  await through(items, noteRefusals(registry, { batchSize: 8 }));
  expect(await registry.refusedOf('t1')).toEqual({ named: 0, nameless: 0 });
  expect(await registry.refusedOf('t2')).toEqual({ named: 1, nameless: 0 });
});

it('they are noted before they pass', async () => {
  const { registry } = await storeOf({});
  registry.noteRefused = () => Promise.reject(new Error('the store is away'));
  const noting = through([rejected(error, ofTask(0, 't1', 'a'))], noteRefusals(registry, { batchSize: 8 }));
  await expect(noting).rejects.toThrow('the store is away');
});
