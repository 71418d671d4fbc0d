import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { loadDemoSubset } from '../data/demoSubset.js';
import { writeImages } from '../data/writeImages.js';
import { LONG_SECONDS, withOutput } from './connection.js';
import { type CliIo, writeNote } from './io.js';
import { learn } from './learn.js';
import { runWorker } from './run.js';

/** Of each bundled class: enough to tell the classes apart within seconds. */
const TRAIN_IMAGES = 30;
const TEST_IMAGES = 10;
const TASK = 'try';

interface TryOptions {
  readonly config?: string;
  readonly port?: string;
  readonly open: boolean;
  readonly json?: true;
}

/** `lethe try`: everything in one process, from nothing to the first answer. */
export function tryCommand(io: CliIo): Command {
  return withOutput(new Command('try'))
    .description('learn a folder of images, and open the console to ask about others; nothing is kept')
    .argument(
      '[folder]',
      'folder <class>/<image>, or a JSON-lines file; by default bundled images (CIFAR-10)',
    )
    .option('--config <file>', 'configuration file')
    .option('--port <number>', 'port of the gateway, 0 for a free one; overrides http.port')
    .option('--no-open', 'print the address of the console, and do not open it')
    .addHelpText(
      'after',
      `
Runs until Ctrl+C. Drop images on the page to ask about them, and unlearn a class there. \`lethe run\` keeps what it learns.

Examples:
  $ lethe try
  $ lethe try animals                             animals/cat/1.jpg, animals/dog/1.jpg, ...`,
    )
    .action((folder: string | undefined, options: TryOptions) => tryOut(folder, options, io));
}

async function tryOut(folder: string | undefined, options: TryOptions, io: CliIo): Promise<void> {
  const bundled = folder === undefined ? await mkdtemp(join(tmpdir(), 'lethe-try-')) : undefined;
  try {
    if (bundled !== undefined) await unpack(bundled, io);
    await runWorker({ ...options, memory: true }, io, async ({ url, console: page }) => {
      if (url === null) return;
      if (page !== null && options.open && io.stdout.isTTY) await openInBrowser(page, io);
      const { config, json } = options;
      await learn(
        folder ?? join(bundled ?? '', 'train'),
        {
          ...{ url, task: TASK, timeout: LONG_SECONDS, wait: true },
          ...(config !== undefined && { config }),
          ...(json && { json }),
        },
        io,
      );
    });
  } finally {
    if (bundled !== undefined) await rm(bundled, { recursive: true, force: true });
  }
}

async function unpack(folder: string, io: CliIo): Promise<void> {
  const { classNames, train, test } = await loadDemoSubset();
  await writeImages(join(folder, 'train'), train, classNames, TRAIN_IMAGES);
  await writeImages(join(folder, 'test'), test, classNames, TEST_IMAGES);
  writeNote(io, `Images to ask about, while this runs: ${join(folder, 'test')}`);
}

/** A machine without a browser is none that something is wrong with: the address is printed, too. */
async function openInBrowser(page: string, io: CliIo): Promise<void> {
  const { default: open } = await import('open');
  await open(page).catch(() => writeNote(io, `No browser could be started: open ${page}`));
}
