import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { execute } from '../../../../scripts/services/commands.js';
import { startLetheProcess } from '../../../../test/support/letheProcess.js';
import { emptyProject, INSTALL_MS } from '../../../../test/support/packed.js';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const MOST_BYTES = 5_000_000;
const manifestSchema = z.object({ peerDependencies: z.record(z.string(), z.string()) });
const { peerDependencies } = manifestSchema.parse(
  JSON.parse(readFileSync(join(ROOT, 'packages/client/package.json'), 'utf8')),
);

/** What a program may write that uses the types. */
const TYPED = `
import { createHttpClient, LetheError, type LetheEvent, vectorPayload } from 'lethe-client/http';
import { createKafkaClient } from 'lethe-client/kafka';

const lethe = createHttpClient({ url: 'http://127.0.0.1:7070' });
const { label }: { label: string | null } = await lethe.ask({ payload: vectorPayload([1]) });
const end = await lethe.unlearn({ classes: [label ?? ''] });
if (end.kind === 'unlearned') console.log(end.classes[0]?.moved);
for await (const event of lethe.events()) {
  const told: LetheEvent = event;
  // @ts-expect-error there is no such kind
  if (told.kind === 'nothing') console.log(told);
}
for await (const answer of lethe.askAll([])) {
  if ('error' in answer && answer.error instanceof LetheError) console.log(answer.error.code satisfies string);
}
await createKafkaClient({ brokers: ['127.0.0.1:9092'] });
`;

/** As `npm pack` makes it, in an empty folder outside of the repository, with Node and npm alone. */
describe('lethe-client, installed', () => {
  const { folder, run, install } = emptyProject();
  const children: ChildProcess[] = [];
  const program = (code: string): Promise<string> => run('node', '--input-type=module', '--eval', code);

  beforeAll(async () => {
    await execute(process.execPath, [join(ROOT, 'scripts/setup.mjs')]);
    await install('packages/client');
  }, INSTALL_MS);
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL');
  });

  it('brings nothing else, and is small', () => {
    const modules = join(folder, 'node_modules');
    expect(readdirSync(modules).filter((name) => !name.startsWith('.'))).toEqual(['lethe-client']);
    const sizes = readdirSync(modules, { recursive: true, encoding: 'utf8' })
      .map((name) => statSync(join(modules, name)))
      .map((entry) => (entry.isFile() ? entry.size : 0));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MOST_BYTES);
  });

  it('names the licences of what it bundles', () => {
    const licences = readFileSync(join(folder, 'node_modules/lethe-client/dist/LICENSES.txt'), 'utf8');
    for (const name of ['rxjs', 'zod', 'cloudevents', 'p-retry', 'eventsource-parser'])
      expect(licences).toMatch(new RegExp(`^==== ${name} .*\\n\\n[^=]{200}`, 'm'));
  });

  it('gives work to a Lethe over HTTP', async () => {
    const { url } = await startLetheProcess([], { LETHE_MODEL__BACKEND: 'wasm' }, (child) =>
      children.push(child),
    );
    const printed = await program(`
      import { createHttpClient, LetheError } from 'lethe-client/http';
      import { LetheError as same } from 'lethe-client';
      const lethe = createHttpClient({ url: '${url}' });
      const error = await lethe.relearn(['nobody']).catch((error) => error);
      console.log(error instanceof LetheError, LetheError === same, error.code, error.field);
      await lethe.close();
    `);
    expect(printed).toBe('true true unknown-class classes.0\n');
  });

  it('has types that need no other package', async () => {
    writeFileSync(join(folder, 'typed.mts'), TYPED);
    const options = [
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2022',
      '--lib',
      'es2023,dom',
    ];
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    expect(await run('node', tsc, ...options, 'typed.mts').catch(outputOf)).toBe('');
  });

  it(
    'says what Kafka needs, and reaches it with that',
    async () => {
      const connecting = `
        import { createKafkaClient } from 'lethe-client/kafka';
        const wrong = { brokers: ['127.0.0.1:9'], startTimeoutMs: 300 };
        const { code, remedy } = await createKafkaClient(wrong).catch((error) => error);
        console.log(code, remedy);
      `;
      expect(await program(connecting)).toMatch(/^backend-unavailable Install .*: npm install kafkajs /);
      const needed = Object.entries(peerDependencies).map(([name, version]) => `${name}@${version}`);
      await run('npm', 'install', '--ignore-scripts', '--prefer-offline', ...needed);
      expect(await program(connecting)).toMatch(/^config-invalid /);
    },
    INSTALL_MS,
  );
});

/** What the compiler says is wrong. */
function outputOf(failure: unknown): string {
  return failure instanceof Error && 'stdout' in failure ? String(failure.stdout) : String(failure);
}
