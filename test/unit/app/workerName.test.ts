import { hostname } from 'node:os';
import { expect, it } from 'vitest';
import { loadConfig } from '../../../src/app/config/loadConfig.js';
import { workerName } from '../../../src/app/workerName.js';

const named = (variables: Readonly<Record<string, string>>): string =>
  workerName(loadConfig({ variables }).config);

it('names workers of one host by what they can not share', () => {
  expect(named({})).toBe(`${hostname()}:7070`);
  expect(named({ LETHE_HTTP__PORT: '7071' })).toBe(`${hostname()}:7071`);
  for (const variables of [{ LETHE_HTTP__PORT: '0' }, { LETHE_HTTP__ENABLED: 'false' }])
    expect(named(variables)).toBe(`${hostname()}/${process.pid}`);
  expect(named({ LETHE_WORKER__NAME: 'first' })).toBe('first');
});
