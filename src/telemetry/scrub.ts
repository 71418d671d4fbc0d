/** Replacement of a secret. */
export const REDACTED = '(secret)';

/** Shorter ones would be found in ordinary words. */
const SHORTEST = 4;

/** Forms of secrets, whatever their owner: passwords in URLs, tokens in headers, private keys. */
const FORMS: readonly [RegExp, string][] = [
  [/(\b[a-z][a-z\d+.-]*:\/\/[^\s/?#@:"'\\]*:)[^\s/?#@"'\\]+@/gi, `$1${REDACTED}@`],
  [/\b(Bearer|Basic) [\w.~+/-]{16,}=*/gi, `$1 ${REDACTED}`],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, REDACTED],
];

/**
 * Takes secrets out of texts that are to be read: those given here, as they are and as JSON, addresses and headers write them,
 * and whatever is a secret by its form.
 */
export function scrubber(secrets: readonly string[]): (text: string) => string {
  const written = [...new Set(secrets.filter(({ length }) => length >= SHORTEST).flatMap(writingsOf))];
  // The longest first: one secret may be part of another.
  const known = written.sort((a, b) => b.length - a.length).map(literally);
  const pattern = known.length > 0 ? new RegExp(known.join('|'), 'g') : null;
  return (text) =>
    FORMS.reduce(
      (scrubbed, [form, instead]) => scrubbed.replace(form, instead),
      pattern ? text.replace(pattern, REDACTED) : text,
    );
}

function writingsOf(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const base64 = Buffer.from(secret).toString('base64');
  // Within a JSON text that is a field of a log line.
  return [secret, json, JSON.stringify(json).slice(1, -1), encodeURIComponent(secret), base64];
}

function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
