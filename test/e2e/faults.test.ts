import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../../scripts/services/ports.js';
import { LETHE } from '../support/letheProcess.js';

const children: ChildProcess[] = [];
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Fails by itself in the given way when it is sent SIGUSR2. */
const failing = (how: string): string[] => [
  '--import',
  `data:text/javascript,process.on('SIGUSR2',()=>{${encodeURIComponent(how)}})`,
];

function start(
  args: readonly string[],
  { stdout = 'pipe', node = [] }: { stdout?: 'pipe' | number; node?: string[] } = {},
) {
  const child = spawn(process.execPath, [...node, LETHE, ...args], {
    env: {
      ...process.env,
      LETHE_DISK__FOLDER: mkdtempSync(join(tmpdir(), 'lethe-faults-disk-')),
      LETHE_MODEL__CHECKPOINTS: mkdtempSync(join(tmpdir(), 'lethe-faults-')),
    },
    stdio: ['ignore', stdout, 'pipe'],
  });
  children.push(child);
  const errors: string[] = [];
  child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
  return { child, errors: () => errors.join(''), closed: once(child, 'close') };
}

/** Takes requests and never answers. */
async function silentServer(): Promise<{ url: string; asked: Promise<unknown> }> {
  const server = createServer();
  servers.push(server);
  const asked = once(server, 'request');
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${port}`, asked };
}

/** A worker whose standard output nobody reads. */
async function unreadWorker(node: string[] = []) {
  const port = await freePort();
  const worker = start(['run', '--port', String(port), '--json'], { node });
  worker.child.stdout?.destroy();
  const ready = async (): Promise<number> =>
    fetch(`http://127.0.0.1:${port}/readyz`).then(
      ({ status }) => status,
      () => 0,
    );
  await expect.poll(ready).toBe(200);
  return { ...worker, ready };
}

describe('a command whose output nobody reads', () => {
  it.each([['config print'], ['run --help']])(
    '%s ends as other programs do, without a word',
    async (argv) => {
      const { child, errors, closed } = start(argv.split(' '));
      child.stdout?.destroy();
      expect([await closed, errors()]).toEqual([[141, null], '']);
    },
  );

  it('says that a disk is full, and that it failed', async () => {
    const full = openSync('/dev/full', 'w');
    const { errors, closed } = start(['config', 'print'], { stdout: full });
    expect(await closed).toEqual([1, null]);
    closeSync(full);
    const lines = errors().trim().split('\n');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ fault: 'stdout', error: { code: 'disk-full' } });
  });

  it('fails as it would where nobody reads why', async () => {
    const { child, closed } = start(['status', '--url', 'http://127.0.0.1:9']);
    child.stderr?.destroy();
    expect(await closed).toEqual([1, null]);
  });

  it('tells in one line of what nothing caught', async () => {
    const worker = await silentServer();
    const node = failing("Promise.reject(new Error('broken'))");
    const { child, errors, closed } = start(['status', '--url', worker.url], { node });
    await worker.asked;
    child.kill('SIGUSR2');
    expect(await closed).toEqual([1, null]);
    expect(JSON.parse(errors())).toMatchObject({ level: 'fatal', fault: 'unhandledRejection' });
  });
});

describe('a worker', () => {
  it('goes on where nobody reads its output, and after a promise that nothing waited for', async () => {
    const worker = await unreadWorker(failing("Promise.reject(new Error('broken promise'))"));
    worker.child.kill('SIGUSR2');
    await expect.poll(worker.errors).toContain('broken promise');
    expect(await worker.ready()).toBe(200);
    worker.child.stderr?.destroy();
    worker.child.kill('SIGUSR2');
    expect(await worker.ready()).toBe(200);
    worker.child.kill('SIGTERM');
    expect(await worker.closed).toEqual([0, null]);
  });

  it('drains and fails after an exception that nothing caught, and tells of it in one line', async () => {
    const worker = await unreadWorker(failing("throw new Error('broken middle')"));
    worker.child.kill('SIGUSR2');
    expect(await worker.closed).toEqual([1, null]);
    const lines = worker
      .errors()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(lines).toContainEqual(expect.objectContaining({ level: 'fatal', fault: 'uncaughtException' }));
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'draining' }));
  });
});
