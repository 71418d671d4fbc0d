import { once } from 'node:events';
import { jsonLine, visible } from '../domain/visible.js';
import type { Faults } from './faults.js';

/** The streams of a command: those of the process, or those of a test. */
export interface CliIo {
  readonly stdin: NodeJS.ReadableStream;
  /** Results only. */
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Progress, logs and errors. */
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Faults of the process that it runs in; a command that must go on takes them. */
  readonly faults?: Faults;
}

/**
 * Writes a result: as text for people, as one line of JSON for programs.
 * @param text a line, or several; foreign text in them is escaped and stays in its line
 */
export function writeResult(
  io: CliIo,
  json: boolean | undefined,
  value: unknown,
  text: string | readonly string[],
): void {
  const lines = json ? [jsonLine(value)] : [text].flat().map(visible);
  io.stdout.write(`${lines.join('\n')}\n`);
}

/** How the items of a list are written. */
export interface ListForm<T> {
  readonly toJson: (item: T) => unknown;
  readonly toLine: (item: T) => string;
  /** Text for an empty list, for people. */
  readonly none: string;
}

/** Writes a list while it is read: a line for each item, or one JSON array, which stays open if reading fails. */
export async function writeList<T>(
  io: CliIo,
  json: boolean | undefined,
  items: AsyncIterable<T>,
  { toJson, toLine, none }: ListForm<T>,
): Promise<void> {
  let count = 0;
  for await (const item of items) {
    const before = count++ === 0 ? '[' : ',';
    await writeWhenRoom(io, json ? `${before}${jsonLine(toJson(item))}` : `${visible(toLine(item))}\n`);
  }
  if (json) io.stdout.write(count === 0 ? '[]\n' : ']\n');
  else if (count === 0) io.stdout.write(`${none}\n`);
}

/** Writes raw bytes, for programs. Waits for a slow reader. */
export async function writeWhenRoom({ stdout }: CliIo, bytes: string | Uint8Array): Promise<void> {
  if (!stdout.write(bytes)) await once(stdout, 'drain');
}

/** Writes a line for people beside the results: progress, or skipped items. */
export function writeNote(io: CliIo, line: string): void {
  io.stderr.write(`${visible(line)}\n`);
}
