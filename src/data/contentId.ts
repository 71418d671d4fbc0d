import { createHash } from 'node:crypto';
import { codePoint, flawOf, normalForm } from '../domain/normalForm.js';

/** Characters of a place that an id shows. */
const SHOWN = 160;

/**
 * The id of an input without one: its place and a part of the SHA-256 of its content. The same input gets the same
 * id; other content at a place of the same name gets another one. Characters that an id must not contain are written
 * as code points. If the id does not show the place unchanged, the hash covers both.
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
