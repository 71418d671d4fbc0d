const PREFIX = 'ce-';

/**
 * HTTP headers of a CloudEvent as names and values: `ce-*` and `content-type`, with percent-encoded values decoded
 * (CloudEvents HTTP binding, section 3.1.3.2).
 */
export function eventHeaders(headers: Headers): Record<string, string> {
  const found: Record<string, string> = {};
  headers.forEach((value, name) => {
    if (name === 'content-type') found[name] = value;
    else if (name.startsWith(PREFIX)) found[name] = decoded(value);
  });
  return found;
}

/** A header's value with everything but printable ASCII, and space, `"` and `%`, percent-encoded. */
export function encodedHeader(value: string): string {
  return value.replaceAll(/[^\x21\x23\x24\x26-\x7e]/gu, encodeURIComponent);
}

/** A value that is no percent-encoding is taken as it stands. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
