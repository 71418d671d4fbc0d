import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { variableOf } from '../../../src/app/config/environment.js';
import { configFields } from '../../../src/app/config/fields.js';
import { expectCommand } from './commands.js';
import { dockerfile, execForm, imageVariables, ROOT, read } from './files.js';

const stages = dockerfile.getFROMs();
const lastStage = stages.at(-1)?.getRange().start.line ?? 0;
const instructions = dockerfile.getInstructions();
const inLastStage = instructions.filter((instruction) => instruction.getRange().start.line > lastStage);

/** What the last stage says with a keyword; there has to be exactly one. */
function only(keyword: string): string {
  const found = inLastStage.filter((instruction) => instruction.getKeyword() === keyword);
  expect(found, keyword).toHaveLength(1);
  return found[0]?.getArgumentsContent() ?? '';
}

describe('the Dockerfile', () => {
  it('builds on exact versions of one Node, which the package supports', () => {
    expect(stages.length).toBeGreaterThan(1);
    const tags = stages.map((stage) => `${stage.getImageName()} ${stage.getImageTag()}`);
    for (const tag of tags) expect(tag).toMatch(/^node \d+\.\d+\.\d+-bookworm(-slim)?$/);
    expect(new Set(tags.map((tag) => tag.replace('-slim', '')))).toHaveProperty('size', 1);
    expect(tags.at(-1)).toMatch(/-slim$/);
    const major = Number(tags[0]?.match(/\d+/)?.[0]);
    expect(JSON.parse(read('package.json')).engines.node).toBe('>=20.12');
    expect(major).toBe(22);
  });

  it('fetches nothing by itself: no ADD, no pipe from the network', () => {
    expect(instructions.filter((instruction) => instruction.getKeyword() === 'ADD')).toEqual([]);
    expect(read('Dockerfile')).not.toMatch(/curl [^\n]*http|wget /);
  });

  it('copies what exists and what .dockerignore lets through; the image holds what runs and no more', () => {
    const ignored = read('.dockerignore').split('\n');
    expect(ignored).toContain('*');
    const copies = dockerfile.getCOPYs().map((copy) => ({
      from: copy
        .getFlags()
        .find((flag) => flag.getName() === 'from')
        ?.getValue(),
      line: copy.getRange().start.line,
      paths: copy.getArguments().map((argument) => argument.getValue()),
    }));
    for (const { from, paths } of copies) {
      for (const source of from === undefined ? paths.slice(0, -1) : []) {
        expect(existsSync(join(ROOT, source)), source).toBe(true);
        expect(ignored).toContain(`!${source}`);
      }
    }
    const shipped = copies.filter(({ line }) => line > lastStage).flatMap(({ paths }) => paths.slice(0, -1));
    expect(shipped.map((path) => path.split('/').at(-1)).sort()).toEqual(
      ['assets', 'config', 'dist', 'node_modules', 'package.json'].sort(),
    );
  });

  it('runs as somebody who is not root, ends by SIGTERM, and keeps what it writes in a volume', () => {
    expect(only('USER')).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(only('STOPSIGNAL')).toBe('SIGTERM');
    const [volume = ''] = execForm(only('VOLUME'));
    const { LETHE_MODEL__CHECKPOINTS, LETHE_CACHE } = imageVariables();
    for (const path of [LETHE_MODEL__CHECKPOINTS, LETHE_CACHE])
      expect(path?.startsWith(`${volume}/`)).toBe(true);
  });

  it('sets variables that Lethe knows, and exposes the port that it listens at', () => {
    const known = new Set([
      'LETHE_ENV',
      'LETHE_CACHE',
      ...configFields().map((field) => variableOf(field.path)),
    ]);
    const set = Object.keys(imageVariables()).filter((name) => name.startsWith('LETHE_'));
    expect(set.filter((name) => !known.has(name))).toEqual([]);
    expect(imageVariables()).toMatchObject({
      NODE_ENV: 'production',
      LETHE_ENV: 'production',
      ORT_DISABLE_TELEMETRY: '1',
    });
    expect(only('EXPOSE')).toBe(imageVariables().LETHE_HTTP__PORT);
  });

  it('starts a command that lethe knows, in the file that the build makes', async () => {
    const [program, main, ...fixed] = execForm(only('ENTRYPOINT'));
    expect([program, main]).toEqual(['node', 'dist/cli/main.js']);
    expect(existsSync(join(ROOT, 'src/cli/main.ts'))).toBe(true);
    await expectCommand([...fixed, ...execForm(only('CMD'))]);
  });
});

describe('the health check of the image', () => {
  /** The exit code of the check while a server answers with `status`, and what it was asked for. */
  async function check(status: number | undefined) {
    const asked: (string | undefined)[] = [];
    const server = createServer(({ url }, response) => {
      asked.push(url);
      response.writeHead(status ?? 500).end();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const close = () => new Promise((resolve) => server.close(resolve));
    if (status === undefined) await close();

    const [program, ...rest] = execForm(only('HEALTHCHECK'));
    expect(program).toBe('node');
    const child = spawn(process.execPath, rest, { env: { LETHE_HTTP__PORT: String(port) }, stdio: 'ignore' });
    const [code] = await once(child, 'exit');
    if (status !== undefined) await close();
    return { code, asked };
  }

  it('passes while /healthz is 200', async () => {
    expect(await check(200)).toEqual({ code: 0, asked: ['/healthz'] });
  });

  it('fails while it is 503', async () => {
    expect(await check(503)).toEqual({ code: 1, asked: ['/healthz'] });
  });

  it('fails while nobody listens', async () => {
    expect(await check(undefined)).toEqual({ code: 1, asked: [] });
  });
});
