import { createHash } from 'node:crypto';
import { codePoint, flawOf, normalForm } from '../domain/normalForm.js';

/** Characters of a place that an id shows. */
const SHOWN = 160;

/**
 * An id for an input whose user gave none: its place and a part of the SHA-256 of its content. Sending the same again
 * is the same input; other content at a place of the same name is another one. What an id may not hold is written by its
 * code point; where the id does not show the place as it is, the hash is of both.
 */
export function contentId(place: string, content: Uint8Array | string): string {
  const whole = normalForm(place);
  const shown = visible([...whole].slice(-SHOWN).join(''));
  const hash = createHash('sha256');
  if (shown !== whole) hash.update(whole).update('\n');
  return `${shown}#${hash.update(content).digest('hex').slice(0, 12)}`;
}

function visible(text: string): string {
  if (flawOf(`${text}#`) === undefined) return text;
  const written = [...text].map((sign) =>
    flawOf(`_${sign}_`) === undefined ? sign : `(${codePoint(sign)})`,
  );
  return written
    .join('')
    .replace(/^ /, `(${codePoint(' ')})`)
    .slice(-SHOWN);
}
