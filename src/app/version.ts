import { readFileSync } from 'node:fs';

/** Lethe's version. Read by hand: a schema would take as long to load as all else that `--version` needs. */
export function letheVersion(): string {
  const read: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  if (typeof read === 'object' && read !== null && 'version' in read) return String(read.version);
  throw new TypeError('package.json names no version');
}
