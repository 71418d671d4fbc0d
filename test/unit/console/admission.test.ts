import { describe, expect, it } from 'vitest';
import { refusalOf, type Visit } from '../../../src/console/admission.js';

const TOKEN = 'a-token-of-sixteen-letters';
const page: Visit = {
  authorization: undefined,
  origin: 'http://127.0.0.1:7070',
  host: '127.0.0.1:7070',
  site: 'same-origin',
  mode: 'cors',
  address: '127.0.0.1',
  to: 'order',
};
const code = (visit: Partial<Visit>, token?: string, hosts: readonly string[] = []) =>
  refusalOf({ ...page, ...visit }, { token, hosts })?.code ?? null;
/** Of no browser. */
const program = { origin: undefined, site: undefined, mode: undefined } as const;

describe('who may come in without a token', () => {
  it.each<[string, Partial<Visit>, string | null]>([
    ['the page on this machine', {}, null],
    [
      'it under another name of this machine',
      { host: 'localhost:7070', origin: 'http://localhost:7070' },
      null,
    ],
    ['it over IPv6', { host: '[::1]:7070', origin: 'http://[::1]:7070', address: '::1' }, null],
    ['a mapped address', { address: '::ffff:127.0.0.1' }, null],
    ['a reader without an origin', { ...program, to: 'api' }, null],
    ['a command without an origin', { origin: undefined }, 'foreign-origin'],
    ['a page of another site', { origin: 'http://evil.example' }, 'foreign-origin'],
    ['a page of another port', { origin: 'http://127.0.0.1:8080' }, 'foreign-origin'],
    ['a page without an origin of its own', { origin: 'null' }, 'foreign-origin'],
    [
      'another machine',
      { address: '10.0.0.7', host: '10.0.0.1:7070', origin: 'http://10.0.0.1:7070' },
      'not-local',
    ],
    [
      'a name that was bent to this machine',
      { host: 'evil.example:7070', origin: 'http://evil.example:7070' },
      'not-local',
    ],
    ['a reader from there', { ...program, host: 'evil.example', to: 'api' }, 'not-local'],
    ['a connection without an address', { address: undefined }, 'not-local'],
  ])('%s: %s', (_, visit, expected) => {
    expect(code(visit)).toBe(expected);
  });
});

describe('who may come in where there is a token', () => {
  it.each<[string, Partial<Visit>, string | null]>([
    ['who shows it', { authorization: `Bearer ${TOKEN}` }, null],
    [
      'who shows it, from elsewhere',
      {
        authorization: `Bearer ${TOKEN}`,
        address: '10.0.0.7',
        host: 'lethe.example',
        origin: 'https://lethe.example',
      },
      null,
    ],
    ['a program that shows it', { authorization: `Bearer ${TOKEN}`, origin: undefined }, null],
    ['who shows none', {}, 'token-needed'],
    [
      'who shows another of its length',
      { authorization: `Bearer ${'x'.repeat(TOKEN.length)}` },
      'token-needed',
    ],
    ['who shows a part of it', { authorization: `Bearer ${TOKEN.slice(0, -1)}` }, 'token-needed'],
    ['a reader that shows none', { ...program, to: 'api' }, 'token-needed'],
    [
      'a page of another site that has it',
      { authorization: `Bearer ${TOKEN}`, origin: 'http://evil.example' },
      'foreign-origin',
    ],
  ])('%s', (_, visit, expected) => {
    expect(code(visit, TOKEN)).toBe(expected);
  });
});

describe('what pages of other sites ask for', () => {
  it.each<[string, Partial<Visit>, string | null]>([
    ['a stream, without an origin', { to: 'api', site: 'cross-site' }, 'foreign-origin'],
    ['one from another port of this machine', { to: 'api', site: 'same-site' }, 'foreign-origin'],
    ['metrics', { to: 'probe', site: 'cross-site', mode: 'no-cors' }, 'foreign-origin'],
    ['the page in a frame', { to: 'page', site: 'cross-site', mode: 'no-cors' }, 'foreign-origin'],
    ['a link to the page', { to: 'page', site: 'cross-site', mode: 'navigate' }, null],
    ['a link to what Lethe knows', { to: 'api', site: 'cross-site', mode: 'navigate' }, 'foreign-origin'],
    ['an address that a person typed', { to: 'api', site: 'none', mode: 'navigate' }, null],
  ])('%s', (_, visit, expected) => {
    expect(code({ origin: undefined, ...visit })).toBe(expected);
    if (expected !== null)
      expect(code({ origin: undefined, authorization: `Bearer ${TOKEN}`, ...visit }, TOKEN)).toBe(expected);
  });
});

describe('probes', () => {
  it.each<[string, string, string | null]>([
    ['by an address', '10.1.2.3:7070', null],
    ['by an address of IPv6', '[fd00::7]:7070', null],
    ['by a name of this machine', 'localhost:7070', null],
    ['by a name that the settings have', 'Lethe.internal:7070', null],
    ['by another name', 'evil.example:7070', 'unknown-host'],
    ['by a name that looks like an address', '127.0.0.1.evil.example', 'unknown-host'],
    ['by no name', '', 'unknown-host'],
  ])('%s', (_, host, expected) => {
    const visit = { ...program, address: '10.9.9.9', host, to: 'probe' } as const;
    expect(code(visit, undefined, ['lethe.internal'])).toBe(expected);
    expect(code(visit, TOKEN, ['lethe.internal'])).toBe(expected);
  });
});
