import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const manifest = z.object({
  name: z.string(),
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  license: z.literal('Apache-2.0'),
  private: z.literal(false).optional(),
  publishConfig: z.object({ access: z.literal('public') }),
});
const PACKAGES = ['package.json', 'packages/client/package.json', 'packages/experiments/package.json'];
const read = (path: string): string => readFileSync(path, 'utf8');

describe('a release', () => {
  const manifests = PACKAGES.map((path) => manifest.parse(JSON.parse(read(path))));

  it('has one version for all packages, which may be published', () => {
    expect(new Set(manifests.map(({ version }) => version)).size).toBe(1);
    expect(manifests.map(({ name }) => name)).toEqual(['lethe', 'lethe-client', 'lethe-experiments']);
  });

  it('has a dated section in the changelog', () => {
    const [{ version } = { version: '' }] = manifests;
    const headings = [...read('CHANGELOG.md').matchAll(/^## (.*)$/gm)].map(([, heading]) => heading ?? '');
    const released = headings.filter((heading) => heading !== '[Unreleased]');
    expect(released[0]).toMatch(new RegExp(`^\\[${version}\\] - \\d{4}-\\d{2}-\\d{2}$`));
  });
});
