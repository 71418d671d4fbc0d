import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classNameSchema } from '../../../src/domain/className.js';
import { toJsonSchema } from '../../../src/domain/contracts/jsonSchemas.js';
import { idSchema, subjectSchema, taskNameSchema } from '../../../src/domain/messages/common.js';
import { flawOf } from '../../../src/domain/normalForm.js';

const nfc = 'ol\u00e9';
const nfd = 'ole\u0301';

describe('names', () => {
  it.each([classNameSchema, taskNameSchema, idSchema, subjectSchema])(
    'are brought to one normal form (%#)',
    (schema) => {
      expect(nfd).not.toBe(nfc);
      expect(schema.parse(nfd)).toBe(nfc);
      expect(schema.parse(nfc)).toBe(nfc);
      expect(schema.safeParse('ole\u0301\u200b').success).toBe(false);
    },
  );

  it.each([
    'cat',
    'two words',
    'Katze 猫',
    'unknown',
    '__proto__',
    'constructor',
    'toString',
    '😀'.repeat(200),
    '👨‍👩‍👧',
    '❤️',
    '1️⃣',
    '🏴󠁧󠁢󠁥󠁮󠁧󠁿',
    // Persian "I want", with the non-joiner that its spelling needs; Hindi ksha with a joiner after the virama.
    '\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645',
    '\u0915\u094d\u200d\u0937',
  ])('may be %s', (name) => {
    expect(classNameSchema.parse(name)).toBe(name);
  });

  it.each([
    ['a control', 'a\u0007', 'U+0007'],
    ['a line break', 'a\nb', 'U+000A'],
    ['a zero-width space', 'ca\u200bt', 'U+200B'],
    ['a joiner where no script needs it', 'ca\u200dt', 'U+200D'],
    ['a non-joiner after a letter that joins nothing', '\u062f\u200c\u0631', 'U+200C'],
    ['a joiner between emoji that make none together', '😀\u200d😀', 'U+200D'],
    ['a variation selector that changes nothing', '1\ufe0f', 'U+FE0F'],
    ['a mark of direction', '\u202ecat', 'U+202E'],
    ['a byte order mark', '\ufeffcat', 'U+FEFF'],
    ['a soft hyphen', 'c\u00adat', 'U+00AD'],
    ['a no-break space', 'my\u00a0cat', 'U+00A0'],
    ['an ideographic space', 'my\u3000cat', 'U+3000'],
    ['a line separator', 'my\u2028cat', 'U+2028'],
    ['a filler that looks like nothing', '\u3164', 'U+3164'],
    ['a tag', 'cat\u{e0041}', 'U+E0041'],
    ['half of a surrogate pair', 'cat\ud83d', 'U+D83D'],
    ['what stands for broken UTF-8', 'caf\ufffd', 'U+FFFD'],
    ['a space before', ' cat', 'U+0020'],
    ['a space behind', 'cat ', 'U+0020'],
    ['nothing but a space', ' ', 'U+0020'],
    ['nothing', '', 'empty'],
    ['201 characters', '😀'.repeat(201), '201'],
  ])('with %s are refused, by code point', (_, name, why) => {
    expect(classNameSchema.safeParse(name).error?.issues[0]?.message).toContain(why);
  });

  it('have one normal form only: what was taken once is taken as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (text) => {
        const { data } = classNameSchema.safeParse(text);
        if (data === undefined) return;
        expect(classNameSchema.parse(data)).toBe(data);
        expect(flawOf(data)).toBeUndefined();
      }),
      { numRuns: 5000 },
    );
  });

  it('are judged by the JSON Schema alike, joiners aside, throughout the Basic Multilingual Plane', () => {
    const validate = new Ajv().compile(toJsonSchema(classNameSchema, 'input'));
    const joining = [0x200c, 0x200d, 0xfe0f];
    const wrong: string[] = [];
    for (let code = 0; code <= 0xffff; code++) {
      if (joining.includes(code)) continue;
      const sign = String.fromCharCode(code);
      for (const name of [`a${sign}b`, `${sign}b`, `a${sign}`])
        if (validate(name) !== classNameSchema.safeParse(name).success) wrong.push(code.toString(16));
    }
    expect([...new Set(wrong)]).toEqual([]);
  });
});
