import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { execute } from '../../scripts/services/commands.js';
import { kcatFolder } from '../support/kcat.js';
import { lethe } from '../support/lethe.js';
import { overServices, startLetheProcess } from '../support/letheProcess.js';
import { pythonVariables } from '../support/python.js';
import { sharedServices } from '../support/services.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TOKEN = 'the-token-of-the-examples';

describe('examples', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lethe-examples-'));
  const animals = join(folder, 'animals');
  const children: ChildProcess[] = [];
  let variables: Readonly<Record<string, string>>;

  /** Runs a program as a user would, from the repository, and gives what it printed. */
  const run = (program: string, ...args: string[]): Promise<string> =>
    execute(
      'env',
      [...Object.entries(variables).map(([name, value]) => `${name}=${value}`), program, ...args],
      ROOT,
    );

  beforeAll(async () => {
    const services = await sharedServices();
    const model = `examples-${randomUUID()}`;
    const own = { ...overServices(services, model), LETHE_HTTP__TOKEN: TOKEN };
    const [{ url }, kcat, python] = await Promise.all([
      startLetheProcess([], own, (child) => children.push(child)),
      kcatFolder(),
      pythonVariables(),
    ]);
    await lethe(['dataset', 'unpack', animals, '--classes', 'cat', 'dog', 'frog'], {});
    variables = {
      KAFKA: services.brokers,
      LETHE_PREFIX: `${model}.`,
      LETHE_MODEL: model,
      LETHE_URL: url,
      LETHE_TOKEN: TOKEN,
      PATH: `${kcat}:${process.env.PATH}`,
      ...python,
    };
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  it('typescript/kafka.ts learns, is answered, forgets and brings back', async () => {
    const printed = await run('npx', 'tsx', 'examples/typescript/kafka.ts', animals);
    expect(printed).toMatch(/learned: task-finished/);
    expect(printed).toMatch(/dogs are called: .*dog/);
    expect(printed).toMatch(/forgotten: \{"kind":"unlearned"/);
    const after = /dogs are called now: (.*)/.exec(printed)?.[1]?.split(' ') ?? [];
    expect(after).toHaveLength(10);
    expect(after).not.toContain('dog');
    expect(printed).toMatch(/refused: unknown-class: class "horse" was never learned/);
  });

  it('typescript/http.ts asks about every test image', async () => {
    expect(rightOf(await run('npx', 'tsx', 'examples/typescript/http.ts', animals))).toBeGreaterThan(15);
  });

  it('python/over_kafka.py asks about every test image', async () => {
    expect(rightOf(await run('python3', 'examples/python/over_kafka.py', animals))).toBeGreaterThan(15);
  });

  it('python/over_http.py asks, forgets and brings back', async () => {
    const printed = await run('python3', 'examples/python/over_http.py', animals);
    expect(printed).toMatch(/before: dog\nforgotten: unlearned\nafter: (cat|frog)\nback: relearned\n/);
  });

  it('kcat/ask.sh asks', async () => {
    const printed = await run('sh', 'examples/kcat/ask.sh', join(animals, 'test', 'frog', '001.webp'));
    expect(JSON.parse(printed)).toMatchObject({ label: 'frog', route: 'model' });
  });
});

/** The right answers, where all thirty were answered; by chance ten would be. */
function rightOf(printed: string): number {
  const [, right, of] = /^(\d+) of (\d+) right$/m.exec(printed) ?? [];
  expect(of, printed).toBe('30');
  return Number(right);
}
