import { describe, expect, it } from 'vitest';
import { refusalOf, type Visit } from '../../../src/console/admission.js';

const TOKEN = 'a-token-of-sixteen-letters';
const page: Visit = {
  authorization: undefined,
  origin: 'http://127.0.0.1:7070',
  host: '127.0.0.1:7070',
  address: '127.0.0.1',
  writes: true,
};
const code = (visit: Partial<Visit>, token?: string) => refusalOf({ ...page, ...visit }, token)?.code ?? null;

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
    ['a reader without an origin', { origin: undefined, writes: false }, null],
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
    ['a reader from there', { host: 'evil.example', origin: undefined, writes: false }, 'not-local'],
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
    ['a reader that shows none', { origin: undefined, writes: false }, 'token-needed'],
    [
      'a page of another site that has it',
      { authorization: `Bearer ${TOKEN}`, origin: 'http://evil.example' },
      'foreign-origin',
    ],
  ])('%s', (_, visit, expected) => {
    expect(code(visit, TOKEN)).toBe(expected);
  });
});
