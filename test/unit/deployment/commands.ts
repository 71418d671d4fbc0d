import { PassThrough, Readable } from 'node:stream';
import { expect } from 'vitest';
import { runCli } from '../../../src/cli/program.js';

/**
 * Whether `lethe` knows this command with its options. Asking for help alone is not enough, since help is given for
 * unknown commands and options too: what it prints has to be of this command and name each option.
 */
export async function expectCommand(command: readonly string[]): Promise<void> {
  const stdout = new PassThrough();
  const chunks: Buffer[] = [];
  stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const io = { stdin: Readable.from([]), stdout, stderr: new PassThrough(), variables: {} };
  expect(await runCli([...command, '--help'], io)).toBe(0);
  const help = Buffer.concat(chunks).toString();
  const firstOption = command.findIndex((word) => word.startsWith('-'));
  const path = firstOption === -1 ? command : command.slice(0, firstOption);
  expect(help).toContain(`Usage: lethe ${path.join(' ')} [`);
  for (const word of command.slice(path.length)) expect(help).toContain(word);
}
