import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonLine, visible, visibleJson, visibleLines } from '../../../src/domain/visible.js';

const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/u;
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('\u001b', '\u009b', '\n', '\u202e', '\ud800', 'a') }),
);

describe('text from outside', () => {
  it('is shown on one line, without a character that a terminal obeys', () => {
    expect(visible('cat\u001b[2J\r\nerror \u202egnp\u009b1m\u0000\u2028')).toBe(
      'cat\\u001b[2J\\r\\nerror \\u202egnp\\u009b1m\\u0000\\u2028',
    );
    fc.assert(fc.property(anyText, (text) => !UNSAFE.test(visible(text))));
  });

  it('stays as it is where it is text, of any language', () => {
    for (const text of ['Kätzchen', '猫', 'گربه‌ها', '👩‍👧 🐱', 'a\\b "c"']) expect(visible(text)).toBe(text);
  });

  it('keeps the lines that are our own', () => {
    expect(visibleLines('one\ntwo\u001b')).toBe('one\ntwo\\u001b');
  });

  it('is the same value as JSON', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const line = jsonLine({ text });
        expect(line).not.toMatch(UNSAFE);
        expect(JSON.parse(line)).toEqual({ text });
      }),
    );
    expect(visibleJson('{"a":"\u009b"}\n')).toBe('{"a":"\\u009b"}\n');
  });
});
