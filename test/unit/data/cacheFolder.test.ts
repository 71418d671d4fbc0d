import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { cacheFolder } from '../../../src/data/cacheFolder.js';

it('is LETHE_CACHE, else in the XDG cache folder, else in the home folder', () => {
  expect(cacheFolder({ LETHE_CACHE: 'here', XDG_CACHE_HOME: '/xdg' })).toBe(resolve('here'));
  expect(cacheFolder({ XDG_CACHE_HOME: '/xdg' })).toBe(join('/xdg', 'lethe'));
  expect(cacheFolder({})).toBe(join(homedir(), '.cache', 'lethe'));
});
