import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { debianPrograms } from '../../scripts/services/debianPrograms.js';

/** A headless Chromium; it is unpacked in the cache (Debian's packages, 110 MB) where none is installed. */
export async function startChromium(): Promise<Browser> {
  const folder = await debianPrograms({
    name: 'chromium',
    packages: ['chromium', 'fonts-dejavu-core'],
    missing: true,
    programs: ['chromium'],
    within: 'usr/lib/chromium',
  });
  // The sandbox of Chromium wants user namespaces, which containers and CI's root have not.
  return chromium.launch({ executablePath: join(folder, 'chromium'), args: ['--no-sandbox'] });
}
