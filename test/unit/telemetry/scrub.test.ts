import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../src/telemetry/logger.js';
import { scrubber } from '../../../src/telemetry/scrub.js';

describe('what is written', () => {
  it.each([
    ['redis://lethe:s3cret-1@host:6379 is away', 'redis://lethe:(secret)@host:6379 is away'],
    ['connect to https://:s3cret-1@[::1]/path', 'connect to https://:(secret)@[::1]/path'],
    ['authorization: Bearer abcdefghijklmnop.qrst==', 'authorization: Bearer (secret)'],
    ['Basic bGV0aGU6czNjcmV0LTE=', 'Basic (secret)'],
    ['-----BEGIN PRIVATE KEY-----\\nMC4C\\n-----END PRIVATE KEY----- ends', '(secret) ends'],
    [
      'http://127.0.0.1:7070/v1/queries and me@example.org',
      'http://127.0.0.1:7070/v1/queries and me@example.org',
    ],
  ])('has no secrets of a known form: %s', (text, expected) => {
    expect(scrubber([])(text)).toBe(expected);
  });

  it('has no known secret, however it is written', () => {
    const texts = fc.string({ minLength: 4, maxLength: 30 }).filter((secret) => secret.trim().length >= 4);
    fc.assert(
      fc.property(texts, (secret) => {
        const lines: string[] = [];
        const destination = { write: (line: string) => void lines.push(line) };
        const logger = createLogger({ level: 'trace', format: 'json', secrets: [secret], destination });
        logger.debug({ deep: { in: [{ some: `<${secret}>` }] } }, 'a line');
        logger.error({ err: new Error(`no access with ${secret}`) }, 'an error');
        logger.trace({ url: `http://u:${encodeURIComponent(secret)}@h` }, 'an address');
        const told = lines.map((line) => JSON.parse(line));
        expect(told[0].deep.in[0].some).toBe('<(secret)>');
        expect(told[1].err.message).toBe('no access with (secret)');
        expect(told[2].url).toBe('http://u:(secret)@h');
      }),
      // A secret that is part of the words around it is replaced there, too.
      { numRuns: 300, examples: [['a"b\\c'], ['$&$1'], ['pass word'], ['p%40ss/w:rd']] },
    );
  });
});
