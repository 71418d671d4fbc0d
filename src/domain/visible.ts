/**
 * What a terminal, a log or a format of lines takes for an instruction and not for text: control characters (C0, DEL,
 * C1), ends of lines and paragraphs, marks that turn the direction of writing, halves of surrogate pairs.
 */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Text from outside as it may be shown: on one line, with what is no text written as an escape, e.g. `\u001b`. */
export function visible(text: string): string {
  return text.replace(UNSAFE, (character) => SHORT[character] ?? escaped(character));
}

/** Like {@link visible}, for text of several lines that are all our own. */
export function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n');
}

/** A value as JSON on one line that a terminal shows as it is, and that reads back as the same value. */
export function jsonLine(value: unknown): string {
  return visibleJson(JSON.stringify(value));
}

/** Likewise of JSON that is written already; an end of line behind it stays. */
export function visibleJson(json: string): string {
  const [, text = '', end = ''] = /^(.*?)(\n?)$/s.exec(json) ?? [];
  return `${text.replace(UNSAFE, escaped)}${end}`;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
