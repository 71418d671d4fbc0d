import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createGatewayClient } from '../../src/adapters/http/client.js';
import { encodeQuery } from '../../src/domain/cloudEvents.js';
import { LETHE } from '../support/letheProcess.js';

const readySchema = z.object({ url: z.url(), model: z.string(), console: z.string().nullable() });
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function run(variables: Readonly<Record<string, string>> = {}) {
  const env = {
    ...process.env,
    LETHE_DISK__FOLDER: mkdtempSync(join(tmpdir(), 'lethe-run-disk-')),
    LETHE_MODEL__CHECKPOINTS: mkdtempSync(join(tmpdir(), 'lethe-run-')),
    ...variables,
  };
  const child = spawn(process.execPath, [LETHE, 'run', '--port', '0', '--json'], { env });
  children.push(child);
  const errors: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
  return { child, errors, firstLine: once(createInterface({ input: child.stdout }), 'line') };
}

describe('lethe run', () => {
  it('listens, answers, and ends by itself when it is told to', async () => {
    const { child, firstLine } = run({ LETHE_CONSOLE__ENABLED: 'false' });
    const [line] = await firstLine;
    const { url, model, console } = readySchema.parse(JSON.parse(String(line)));
    expect(model).toBe('main');
    expect(console).toBeNull();
    expect((await fetch(`${url}/console/`)).status).toBe(404);
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ ready: true, waitingFor: [] });
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('lethe_backend_info{role="training"');
    const client = createGatewayClient({ url });
    expect(await client.status()).toMatchObject({ name: 'main', classes: [], model: null });
    const query = (size: number) =>
      encodeQuery(
        { id: 'q', payload: { kind: 'vector', vector: new Float32Array(size).fill(1) } },
        client.topics,
      );
    await expect(client.publish([query(1)])).rejects.toMatchObject({ code: 'wrong-dimension' });
    await expect(client.publish([query(1280)])).rejects.toMatchObject({ code: 'no-model' });
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  it('says what is wrong with its configuration, and does not start', async () => {
    const { child, errors } = run({ LETHE_FILTER__KIND: 'magic' });
    expect(await once(child, 'close')).toEqual([78, null]);
    expect(JSON.parse(errors.join(''))).toMatchObject({
      error: { code: 'config-invalid', field: 'filter.kind' },
    });
  });
});
