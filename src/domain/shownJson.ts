/**
 * A value as JSON, for the text of an error. What can't be written, since it is nested too deeply or in itself, is named by
 * its kind.
 */
export function shownJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? typeof value;
  } catch {
    return Array.isArray(value) ? '[…]' : '{…}';
  }
}
