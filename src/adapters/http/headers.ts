import { LetheError } from '../../domain/errors.js';

const PREFIX = 'ce-';
const ESCAPE = /^[0-9a-f]{2}$/i;
const PERCENT = 0x25;

/**
 * Headers of an HTTP request as those of a Kafka record: `ce-label` becomes `ce_label`, with its value decoded
 * (CloudEvents 1.0.2, HTTP binding, section 3.1.3); `content-type` stays unchanged. Other headers do not belong to
 * the event.
 * @throws LetheError `invalid-message` that names a header whose value cannot be decoded
 */
export function eventHeaders(headers: Headers): Record<string, string> {
  const found: Record<string, string> = {};
  headers.forEach((value, name) => {
    if (name === 'content-type') found[name] = value;
    else if (name === 'ce-datacontenttype') throw typeTwice(value);
    else if (name.startsWith(PREFIX)) found[`ce_${name.slice(PREFIX.length)}`] = decoded(name, value);
  });
  return found;
}

/** The HTTP name of a header of a record; undefined if it is no attribute of the event. */
export function httpNameOf(name: string): string | undefined {
  return name.startsWith('ce_') ? `${PREFIX}${name.slice('ce_'.length)}` : undefined;
}

/** A header's value with everything but printable ASCII, and space, `"` and `%`, percent-encoded. */
export function encodedHeader(value: string): string {
  // By way of bytes: half of a surrogate pair, on which encodeURIComponent throws, becomes U+FFFD.
  return Buffer.from(value)
    .toString()
    .replaceAll(/[^\x21\x23\x24\x26-\x7e]/gu, encodeURIComponent);
}

/**
 * Unquotes a value, then percent-decodes it once; the result is UTF-8. Unencoded UTF-8, as curl sends it, also works:
 * Node.js delivers each of its bytes as a character.
 */
function decoded(name: string, value: string): string {
  const bytes = Buffer.from(unquoted(value), 'latin1');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(percentDecoded(bytes));
  } catch (cause) {
    throw new LetheError('invalid-message', `the value of the header ${name} is not percent-encoded UTF-8`, {
      field: name,
      value,
      remedy: 'Percent-encode the UTF-8 bytes of everything except printable ASCII, and write % as %25.',
      cause,
    });
  }
}

/** A quoted string without its quotes and backslashes (RFC 7230, section 3.2.6). */
function unquoted(value: string): string {
  const [, inside] = /^"((?:[^"\\]|\\.)*)"$/s.exec(value) ?? [];
  return inside === undefined ? value : inside.replaceAll(/\\(.)/gs, '$1');
}

/** @throws RangeError if two hexadecimal digits do not follow a percent sign */
function percentDecoded(bytes: Buffer): Uint8Array {
  if (!bytes.includes(PERCENT)) return bytes;
  const plain = new Uint8Array(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte !== PERCENT) {
      plain[length++] = byte;
      continue;
    }
    const digits = bytes.toString('latin1', at + 1, at + 3);
    if (!ESCAPE.test(digits)) throw new RangeError(`%${digits} is no percent-encoding`);
    plain[length++] = Number.parseInt(digits, 16);
    at += 2;
  }
  return plain.subarray(0, length);
}

function typeTwice(value: string): LetheError {
  return new LetheError('invalid-message', 'the header ce-datacontenttype is not allowed', {
    field: 'ce-datacontenttype',
    value,
    remedy: 'Send the content type in the header content-type only.',
  });
}
