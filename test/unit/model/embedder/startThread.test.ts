import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { startThread } from '../../../../src/model/embedder/startThread.js';

it('runs a module whose settings of the environment reach native libraries, i.e. the process', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lethe-thread-'));
  await writeFile(join(folder, 'sets.js'), "process.env.LETHE_SET_BY_THREAD = 'yes';");
  try {
    await once(startThread(pathToFileURL(join(folder, 'parent.js')).href, 'sets', {}), 'exit');
    expect(process.env.LETHE_SET_BY_THREAD).toBe('yes');
  } finally {
    delete process.env.LETHE_SET_BY_THREAD;
    await rm(folder, { recursive: true });
  }
});
