import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { execute } from '../../scripts/services/commands.js';
import { freePort } from '../../scripts/services/ports.js';
import { blocksOf, endGroup, startShell } from '../support/documentShell.js';
import { kcatFolder } from '../support/kcat.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What a clone has beside git's own; the rest a run must not touch. */
const CLONE = ['package.json', 'tsconfig.json', 'node_modules', 'dist', 'config', 'assets', 'scripts', 'src'];
describe('docs/quickstart-kafka.md', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lethe-quickstart-'));
  let variables: NodeJS.ProcessEnv;
  let shell: ReturnType<typeof startShell>;

  beforeAll(async () => {
    // What the document asks for: a clone that is ready, and kcat.
    await execute(process.execPath, [join(ROOT, 'scripts/setup.mjs')]);
    for (const name of CLONE) await symlink(join(ROOT, name), join(folder, name));
    await mkdir(join(folder, 'services'));
    const [kafkaPort, redisPort, httpPort] = [await freePort(), await freePort(), await freePort()];
    variables = {
      ...process.env,
      PATH: `${await kcatFolder()}:${process.env.PATH}`,
      KAFKA: `127.0.0.1:${kafkaPort}`,
      LETHE_SERVICES_KAFKA_PORT: String(kafkaPort),
      LETHE_SERVICES_REDIS_PORT: String(redisPort),
      LETHE_SERVICES_FOLDER: join(folder, 'services'),
      LETHE_TRANSPORT__KAFKA__BROKERS: JSON.stringify([`127.0.0.1:${kafkaPort}`]),
      LETHE_STORES__REDIS__URL: `redis://127.0.0.1:${redisPort}`,
      LETHE_HTTP__PORT: String(httpPort),
      LETHE_MODEL__BACKEND: 'wasm',
    };
    shell = startShell(folder, variables);
  });

  afterAll(async () => {
    endGroup(shell?.process);
    // They outlive the shell where the test has failed.
    const down = startShell(folder, variables);
    await down.run('npm run services:down');
    endGroup(down.process);
    await rm(folder, { recursive: true, force: true });
  });

  it('does what it says, command by command', async () => {
    const blocks = await blocksOf('docs/quickstart-kafka.md');
    const run = async (): Promise<string> => shell.run(blocks.shift() ?? '');

    expect(await run()).toMatch(/kafka: started .*\n?.*redis: started|redis: started .*\n?.*kafka: started/s);
    expect(await run()).toMatch(/created lethe\.samples.*model: null.*classes: \[\]/s);
    expect(await run()).toBe('90 training and 30 test images in animals');
    expect(await run()).toBe('');
    expect(await run()).toMatch(/"kind":"task-finished","task":"animals","modelVersion":"v0001-/);
    expect(await run()).toMatch(/"queryId":"first","label":"frog".*"route":"model"/);
    const before = labelsOf(await run(), 'dog');
    expect(before).toHaveLength(10);
    expect(before.filter((label) => label === 'dog').length).toBeGreaterThan(5);

    const forgetting = await run();
    expect(forgetting).toMatch(/"kind":"unlearned".*"classes":\[\{"name":"dog","moved":30\}\]/);
    const after = labelsOf(forgetting, 'after');
    expect(after).toHaveLength(10);
    expect(after).not.toContain('dog');

    const again = await run();
    expect(again).toMatch(/"kind":"relearned".*"classes":\[\{"name":"dog","moved":30\}\]/);
    expect(again).toMatch(/"queryId":"again","label":"dog".*"route":"model"/);
    expect(await run()).toMatch(/not an image.*lethe\.dead-letters\/\d\/0 {2}unsupported-format {2}/s);
    expect(await run()).toMatch(/kafka: stopped/);
    expect(blocks).toEqual([]);

    shell.process.stdin.end();
    expect(await once(shell.process, 'close')).toEqual([0, null]);
  }, 400_000);
});

/** The labels of the answers to queries whose ids begin so. */
function labelsOf(printed: string, id: string): string[] {
  return [...printed.matchAll(new RegExp(`"queryId":"${id}/[^"]*","label":"([^"]*)"`, 'g'))].map(
    ([, label]) => label as string,
  );
}
