import { extname } from 'node:path';

const JSON_LINES = ['.jsonl', '.ndjson'];

/** Whether the file's name ends as that of JSON lines does. */
export function isJsonLinesFile(file: string): boolean {
  return JSON_LINES.includes(extname(file).toLowerCase());
}
