import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Takes a line for people about what is being done. */
export type Say = (line: string) => void;

interface Failure {
  readonly code?: number | string;
  readonly stdout?: string;
  readonly stderr?: string;
}

/**
 * Runs a program to its end and returns what it printed.
 *
 * @throws an error with the last lines of the program's output.
 */
export async function execute(program: string, args: readonly string[], cwd?: string): Promise<string> {
  try {
    const { stdout, stderr } = await run(program, args, {
      maxBuffer: 16 * 1024 * 1024,
      ...(cwd && { cwd }),
    });
    return `${stdout}${stderr}`;
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as Failure;
    if (code === 'ENOENT') throw new Error(`${program} is not installed or not on the PATH`);
    const output = lastLines(withoutStackFrames(`${stdout}\n${stderr}`), 8);
    throw new Error(`${program} ${args.slice(0, 3).join(' ')} failed (${code})\n${output}`);
  }
}

/** What the program printed, or undefined where it is missing or failed. */
export function attempt(program: string, args: readonly string[]): Promise<string | undefined> {
  return execute(program, args).catch(() => undefined);
}

/** Java prints a stack trace after its reason: the last lines would be frames alone. */
function withoutStackFrames(text: string): string {
  return text.replaceAll(/^\s+at .*$/gm, '');
}

/** The last `count` lines of a text that are not empty. */
export function lastLines(text: string, count: number): string {
  return text
    .split('\n')
    .filter((line) => line.trim())
    .slice(-count)
    .join('\n');
}

/** The SHA-256 of a file, in hexadecimal. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}

/** The SHA-256 of a text, in hexadecimal. */
export function sha256OfText(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
