import { labelOf } from './cloudEvents.js';
import { spelled } from './normalForm.js';
import type { LogRecord } from './record.js';
import type { Topics } from './topics.js';

/** In UTF-16 units; no name was ever longer. Images in base64 are skipped. */
const LONGEST_NAME = 1000;

/** CloudEvents that are JSON as a whole: Lethe refuses them, but can read their class. */
const STRUCTURED = /^application\/cloudevents\+json/i;

/**
 * Whether a record, or the record behind a dead letter, names one of these classes: a sample by its label, a query by
 * its true label, a command in its body. Works on the raw record, even if the rest of it is unreadable.
 */
export function namingOneOf(classes: readonly string[], topics: Topics): (record: LogRecord) => boolean {
  const names = new Set(classes.map(spelled));
  const isOne = (text: string): boolean => text.length <= LONGEST_NAME && names.has(spelled(text));
  return (record) => {
    const { headers, topic } = record;
    if (names.has(labelOf(record) ?? '') || isOne(headers.ce_truth ?? '')) return true;
    const isCommand = (headers['lethe-topic'] ?? topic) === topics.commands;
    if (!isCommand && !STRUCTURED.test(headers['content-type'] ?? '')) return false;
    return isNamedIn(record.value.toString('utf8'), classes, isOne);
  };
}

/** In JSON, a text that equals the name; otherwise, the name in quotes. */
function isNamedIn(value: string, classes: readonly string[], isOne: (text: string) => boolean): boolean {
  const json = jsonOf(value);
  return json ? holds(json.value, isOne) : classes.some((name) => value.includes(JSON.stringify(name)));
}

function jsonOf(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** Uses its own stack, not recursion: the input may be nested to any depth. */
function holds(json: unknown, isOne: (text: string) => boolean): boolean {
  const waiting = [json];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value === 'string' && isOne(value)) return true;
    if (typeof value === 'object' && value !== null)
      for (const each of Object.values(value)) waiting.push(each);
  }
  return false;
}
