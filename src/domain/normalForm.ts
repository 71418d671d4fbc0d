import { z } from 'zod';

/** Code points that a name may have. */
const LONGEST = 200;
/** Most names: printable ASCII without a space at either end. */
const PLAIN = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/**
 * Characters that no name may contain, because they are invisible or not distinguishable: controls, halves of
 * surrogate pairs, line separators, spaces other than U+0020, default-ignorable characters (zero-width characters,
 * direction marks, variation selectors, fillers, tags), annotation marks, the blank Braille pattern, noncharacters,
 * and U+FFFD, which replaces bytes that were no UTF-8.
 */
const UNSEEN = new RegExp(
  String.raw`[\p{Cc}\p{Cs}\p{Zl}\p{Zp}[\p{Zs}--[\u0020]]\p{Default_Ignorable_Code_Point}` +
    String.raw`\p{Noncharacter_Code_Point}\u2800\uFFF9-\uFFFB\uFFFD]`,
  'v',
);
/** The same beyond ASCII in the Basic Multilingual Plane, without Unicode properties: for JSON Schema. */
const UNSEEN_RANGES =
  '\\u0000-\\u001f\\u007f-\\u00a0\\u00ad\\u034f\\u061c\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f' +
  '\\u2000-\\u200b\\u200e\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\udfff\\ufdd0-\\ufdef' +
  '\\ufe00-\\ufe0e\\ufeff\\uffa0\\ufff0-\\ufffb\\ufffd-\\uffff';

/** Signs of Indic scripts that kill a vowel, canonical combining class 9: a joiner after them changes the letter's form. */
const VIRAMAS =
  '\\u094D\\u09CD\\u0A4D\\u0ACD\\u0B4D\\u0BCD\\u0C4D\\u0CCD\\u0D3B\\u0D3C\\u0D4D\\u0DCA\\u0E3A\\u0EBA\\u0F84\\u1039' +
  '\\u103A\\u1714\\u1715\\u1734\\u17D2\\u1A60\\u1B44\\u1BAA\\u1BAB\\u1BF2\\u1BF3';
/** Arabic letters that never join the one after them: a non-joiner between the two would change nothing. */
const ENDING =
  '\\u0621-\\u0625\\u0627\\u0629\\u062F-\\u0632\\u0648\\u0671-\\u0677\\u0688-\\u0699\\u06C0\\u06C3-\\u06CB\\u06CD' +
  '\\u06CF\\u06D2\\u06D3\\u06D5\\u06EE\\u06EF';
/**
 * Invisible characters that a script or an emoji needs: whole emoji that Unicode recommends, and joiners where they
 * change the shape of letters (as RFC 5892, appendix A.1 and A.2, defines for the Indic scripts and Arabic).
 */
const NEEDED = new RegExp(
  String.raw`\p{RGI_Emoji}|(?<=[${VIRAMAS}])[\u200C\u200D](?=\p{L})` +
    String.raw`|(?<=[[\p{Script=Arabic}&&\p{L}]--[${ENDING}]]\p{Mn}*)\u200C(?=[\p{Script=Arabic}&&\p{L}])`,
  'gv',
);

/** Why a text is not a valid name; undefined if it is one. */
export function flawOf(text: string): string | undefined {
  if (text === '') return 'it is empty';
  const length = lengthOf(text);
  if (length > LONGEST) return `it has ${length} characters, ${LONGEST} are allowed`;
  if (PLAIN.test(text)) return undefined;
  const unseen = UNSEEN.exec(text.replaceAll(NEEDED, ''))?.[0];
  if (unseen !== undefined) return `the character ${codePoint(unseen)} is not allowed`;
  if (text.startsWith(' ') || text.endsWith(' '))
    return 'a space (U+0020) at its beginning or end is not allowed';
  return undefined;
}

/** Makes texts equal that look the same by Unicode's canonical equivalence: Normalization Form C. */
export function normalForm(text: string): string {
  return PLAIN.test(text) ? text : text.normalize('NFC');
}

/**
 * The name for something that was stored before names had a normal form: without invisible characters, or its code
 * points if nothing else is left.
 */
export function spelled(stored: string): string {
  const whole = normalForm(stored);
  if (flawOf(whole) === undefined) return whole;
  const seen = [...whole].filter((sign) => flawOf(`_${sign}_`) === undefined).slice(0, LONGEST);
  return normalForm(seen.join('').trim()) || [...whole].slice(0, 20).map(codePoint).join(' ');
}

/**
 * A schema of names: converts a name to its normal form, and refuses it, with the code point, if it contains an
 * invisible character. JSON Schema cannot express all of it: it accepts joiners, and everything beyond the Basic
 * Multilingual Plane.
 */
export function nameSchema(description: string) {
  return (
    z
      .string()
      // Before and after: a normal form can be longer than what it was made of.
      .check(z.refine((text) => lengthOf(text) <= LONGEST, { error: tooLong, abort: true }))
      .overwrite(normalForm)
      .check((context) => {
        const flaw = flawOf(context.value);
        if (flaw !== undefined)
          context.issues.push({ code: 'custom', input: context.value, message: flaw, continue: false });
      })
      .meta({
        description: `${description} Lethe converts it to Unicode Normalization Form C. No space at either end, no invisible character.`,
        minLength: 1,
        maxLength: LONGEST,
        pattern: `^[^${UNSEEN_RANGES} ]([^${UNSEEN_RANGES}]*[^${UNSEEN_RANGES} ])?$`,
      })
  );
}

function tooLong({ input }: { readonly input?: unknown }): string {
  return `it has ${lengthOf(String(input))} characters, ${LONGEST} are allowed`;
}

/** Code points, as JSON Schema counts; enough of them where there are far too many. */
function lengthOf(text: string): number {
  return text.length > 10 * LONGEST ? text.length : [...text].length;
}

/** A character as Unicode writes its code point, e.g. `U+200B`. */
export function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
