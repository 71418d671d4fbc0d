import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { loadDemoSubset } from '../data/demoSubset.js';
import { writeImages } from '../data/writeImages.js';
import { LetheError } from '../domain/errors.js';
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
  const own = await mkdtemp(join(tmpdir(), 'lethe-try-'));
  const { config, json } = options;
  const common = { ...(config !== undefined && { config }), ...(json && { json }) };
  try {
    if (folder === undefined) await unpack(own, io);
    const worker = { ...options, role: 'all', memory: true, modelFolder: join(own, 'models') } as const;
    await runWorker(worker, io, async ({ url, console: page }) => {
      if (url === null) throw noGateway();
      if (page !== null && options.open && io.stdout.isTTY) await openInBrowser(page, io);
      const learning = { ...common, url, task: TASK, timeout: LONG_SECONDS, wait: true };
      await learn(folder ?? join(own, 'train'), learning, io);
    });
  } finally {
    await rm(own, { recursive: true, force: true });
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
  const failed = (): void => writeNote(io, `No browser could be started: open ${page}`);
  const { default: open } = await import('open');
  // A program that is missing is told of later, by an event.
  await open(page).then((browser) => browser.once('error', failed), failed);
}

function noGateway(): LetheError {
  return new LetheError('config-invalid', 'lethe try asks and learns through the gateway, which is off', {
    field: 'http.enabled',
    value: 'false',
    remedy: 'Set http.enabled to true, or leave it out.',
  });
}
