import { expect, it } from 'vitest';
import { namingOneOf } from '../../../src/domain/namedClass.js';
import { topicsUnder } from '../../../src/domain/topics.js';

const topics = topicsUnder('test.');
const isNamed = namingOneOf(['cat', 'ol\u00e9'], topics);
const record = (topic: string, headers: Record<string, string>, value = '') => ({
  ...{ topic, partition: 0, offset: 0n, key: null, timestamp: 0 },
  headers,
  value: Buffer.from(value),
});
const letter = (from: string, headers: Record<string, string>, value = '') =>
  record(topics['dead-letters'], { 'lethe-topic': from, ...headers }, value);
const command = (body: unknown) => letter(topics.commands, {}, JSON.stringify(body));

it.each([
  ['a sample by its label', record(topics.samples, { ce_label: 'cat' })],
  ['a label in another form', letter(topics.samples, { ce_label: 'ole\u0301' })],
  ['a label that looks the same', letter(topics.samples, { ce_label: 'c\u200bat' })],
  ['a query by its true label', letter(topics.queries, { ce_truth: 'cat' })],
  ['a command by its classes', command({ kind: 'unlearn', classes: ['dog', 'cat'] })],
  ['a command that is malformed', command({ kind: 'unlearn', classes: { name: 'cat' } })],
  ['a command that is no JSON', letter(topics.commands, {}, '{"kind":"unlearn","classes":["cat"')],
  ['a command on its own topic', record(topics.commands, {}, '{"kind":"erase","classes":["cat"]}')],
  [
    'a CloudEvent in structured mode',
    letter(topics.samples, { 'content-type': 'application/cloudevents+json' }, '{"label":"cat"}'),
  ],
])('names the class: %s', (_, found) => {
  expect(isNamed(found)).toBe(true);
});

it.each([
  ['another label', letter(topics.samples, { ce_label: 'dog' })],
  ['no label', letter(topics.samples, {})],
  ['a longer name', command({ kind: 'unlearn', classes: ['category'] })],
  ['a longer name in what is no JSON', letter(topics.commands, {}, '["category"')],
  ['the same letters in an image', letter(topics.samples, { 'content-type': 'image/png' }, '"cat"')],
  ['very many words', command({ classes: Array.from({ length: 200_000 }, () => 'dog') })],
])('names it not: %s', (_, found) => {
  expect(isNamed(found)).toBe(false);
});
