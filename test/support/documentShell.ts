import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';

const DONE = 'block-is-done';

/** The commands of a document of the repository, block by block. */
export async function blocksOf(document: string): Promise<string[]> {
  const text = await readFile(new URL(`../../${document}`, import.meta.url), 'utf8');
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block as string);
}

/** A shell that is given one block after the other, as a person would. */
export function startShell(folder: string, variables: NodeJS.ProcessEnv) {
  const shell = spawn('bash', ['-e'], { cwd: folder, env: variables, detached: true });
  let errors = '';
  shell.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const lines = createInterface({ input: shell.stdout })[Symbol.asyncIterator]();
  return {
    process: shell,
    /** @returns what the block printed */
    async run(block: string): Promise<string> {
      shell.stdin.write(`${block}\necho ${DONE}\n`);
      const printed: string[] = [];
      for (;;) {
        const { value, done } = await lines.next();
        if (done) throw new Error(`the shell ended in\n${block}${printed.join('\n')}\n${errors}`);
        if (value === DONE) return printed.join('\n');
        printed.push(value);
      }
    },
  };
}

/** The shell and what it has in the background. */
export function endGroup(shell: ChildProcess | undefined): void {
  if (shell?.pid === undefined) return;
  try {
    process.kill(-shell.pid, 'SIGKILL');
  } catch {
    // All have ended.
  }
}
