import { type ChildProcess, execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CIFAR_IMAGE_BYTES } from '../../src/data/cifarImages.js';
import { loadDemoSubset } from '../../src/data/demoSubset.js';
import { spriteOfImages } from '../../src/data/sprite.js';
import { encodeCommand, encodeQuery, encodeSample } from '../../src/domain/cloudEvents.js';
import { startChromium } from '../support/chromium.js';
import { type LetheProcess, startLetheProcess, type Variables } from '../support/letheProcess.js';

const MODEL = 'console';
const CLASSES = ['cat', 'dog', 'frog'];
const SAMPLES = 20;
const TOKEN = 'a-token-of-sixteen-letters';
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const demo = await loadDemoSubset();

const children: ChildProcess[] = [];
const pages: Page[] = [];
/** What pages complained about. */
const complaints: string[] = [];
let browser: Browser;
let lethe: LetheProcess;

function start(variables: Variables = {}): Promise<LetheProcess> {
  const own = {
    LETHE_MODEL__NAME: MODEL,
    LETHE_MODEL__BACKEND: 'wasm',
    LETHE_DISK__FOLDER: mkdtempSync(join(tmpdir(), 'lethe-console-disk-')),
    LETHE_MODEL__CHECKPOINTS: mkdtempSync(join(tmpdir(), 'lethe-console-')),
  };
  return startLetheProcess([], { ...own, ...variables }, (child) => children.push(child));
}

beforeAll(async () => {
  await promisify(execFile)('npm', ['run', '--silent', 'build:console']);
  [browser, lethe] = await Promise.all([startChromium(), start()]);
});
afterEach(async () => {
  for (const page of pages.splice(0)) await page.context().close();
  expect(complaints.splice(0)).toEqual([]);
});
afterAll(async () => {
  await browser?.close();
  for (const child of children) child.kill('SIGKILL');
});

async function open(options: BrowserContextOptions = {}, { url } = lethe): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  pages.push(page);
  page.setDefaultTimeout(60_000);
  page.on('pageerror', ({ message }) => complaints.push(message));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  await page.goto(url);
  return page;
}

/** What axe finds against WCAG 2.2 AA and its own good practice. */
async function violations(page: Page): Promise<string[]> {
  // The page's own policy lets no script in but its own; the debugger's is not asked.
  const { violations: found } = (await page.evaluate(`${axe}; axe.run(document)`)) as AxeResults;
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

const imageOf = (name: string, index: number, part: 'train' | 'test'): Uint8Array => {
  const { images, labels } = demo[part];
  const first = labels.indexOf(demo.classNames.indexOf(name));
  return images.subarray((first + index) * CIFAR_IMAGE_BYTES, (first + index + 1) * CIFAR_IMAGE_BYTES);
};
const payload = (bytes: Uint8Array) =>
  ({ kind: 'image', contentType: 'application/x-cifar', bytes }) as const;

async function learn({ client }: LetheProcess, task: string, classes: string[]): Promise<void> {
  const { topics } = client;
  const command = { id: `learn-${task}`, kind: 'learn', task, classes } as const;
  await client.publish([encodeCommand({ ...command, samples: SAMPLES * classes.length }, MODEL, topics)]);
  await client.publish(
    classes.flatMap((label) =>
      Array.from({ length: SAMPLES }, (_, index) =>
        encodeSample(
          { id: `${label}-${index}`, label, task, payload: payload(imageOf(label, index, 'train')) },
          topics,
        ),
      ),
    ),
  );
}

let asked = 0;
async function ask({ client }: LetheProcess, truth: string, count: number): Promise<void> {
  await client.publish(
    Array.from({ length: count }, (_, index) =>
      encodeQuery(
        { id: `q${asked++}`, truth, payload: payload(imageOf(truth, index, 'test')) },
        client.topics,
      ),
    ),
  );
}

/** Asks again and again until the page shows what it should: of many answers at once the page shows some. */
async function askUntil(truth: string, isShown: () => Promise<boolean>): Promise<void> {
  await expect
    .poll(
      async () => {
        const before = await isShown();
        if (!before) await ask(lethe, truth, 2);
        return before;
      },
      { interval: 1000 },
    )
    .toBe(true);
}

const card = (page: Page, name: string): Locator => page.locator(`[data-class="${name}"]`);
const stateOf = (page: Page, name: string) => () => card(page, name).getAttribute('data-state');

/** Drops a file that is no image. */
const DROP = `(() => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File(['no image'], 'dropped.png', { type: 'image/png' }));
  document.querySelector('.drop').dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
})()`;

/** Points drawn in each half of the map, by the ink in it. */
async function ink(page: Page): Promise<{ cil: number; mu: number }> {
  return page.evaluate(INK);
}

/** What runs in the page is text: the tests are compiled without the types of a browser. */
const INK = `(() => {
  const canvas = document.querySelector('.map canvas');
  const { width, height } = canvas;
  const copy = Object.assign(document.createElement('canvas'), { width, height });
  const context = copy.getContext('2d', { willReadFrequently: true });
  context.drawImage(canvas, 0, 0);
  const pixels = context.getImageData(0, 0, width, height).data;
  const halves = { cil: 0, mu: 0 };
  for (let at = 3; at < pixels.length; at += 4)
    if (pixels[at] > 0) halves[((at >> 2) % width) * 2 < width ? 'cil' : 'mu']++;
  return halves;
})()`;

describe('the console, before anything is learned', () => {
  it('says how to begin', async () => {
    const page = await open();
    await page.getByRole('heading', { name: 'No class is learned yet' }).waitFor();
    await expect.poll(() => page.locator('pre').innerText()).toContain(`--url ${new URL(lethe.url).origin}`);
    expect(await page.title()).toBe('Lethe console');
  });

  it.each(['light', 'dark'] as const)('has nothing against accessibility, %s', async (colorScheme) => {
    const page = await open({ colorScheme });
    await page.getByRole('heading', { name: 'No class is learned yet' }).waitFor();
    expect(await violations(page)).toEqual([]);
  });
});

describe('the console of a Lethe that learned', () => {
  it('shows a task arrive, train and finish, its classes and the map', async () => {
    const page = await open();
    await page.getByRole('heading', { name: 'No class is learned yet' }).waitFor();
    await learn(lethe, 'animals', CLASSES);
    await page.locator('.stage').waitFor();
    await page.locator('.stage.finished').waitFor();
    for (const name of CLASSES) await expect.poll(stateOf(page, name)).toBe('learned');
    await page.getByText('by UMAP').waitFor();
    await page.getByText('Task animals learned').waitFor();
  });

  it('shows answers with their pictures, and the newest on the card of their class', async () => {
    const page = await open();
    await card(page, 'cat').waitFor();
    const answers = page.locator('.answers li');
    await askUntil('frog', async () => (await page.locator('.answers .truth.good').count()) > 0);
    expect(await answers.locator('img').first().getAttribute('width')).toBe('40');
    await card(page, 'frog').locator('img').first().waitFor();
    await page.getByRole('button', { name: 'Hold' }).click();
    const before = await answers.allInnerTexts();
    await ask(lethe, 'frog', 2);
    await page.getByRole('button', { name: 'Go on' }).click();
    await askUntil('frog', async () => `${await answers.allInnerTexts()}` !== `${before}`);
  });

  it.each(['light', 'dark'] as const)(
    'has nothing against accessibility, %s, also while it asks',
    async (colorScheme) => {
      const page = await open({ colorScheme });
      await page.getByText('by UMAP').waitFor();
      await page.locator('.answers li').first().waitFor();
      expect(await violations(page)).toEqual([]);
      await card(page, 'dog').getByRole('button').click();
      expect(await violations(page)).toEqual([]);
    },
  );

  it('asks about images that are chosen or dropped, and says why one is refused', async () => {
    const page = await open();
    const bytes = await spriteOfImages(imageOf('frog', 3, 'test'), { columns: 1, rows: 1 });
    const before = await page.locator('.answers li').count();
    await page.locator('input[type=file]').setInputFiles([
      { name: 'frog.webp', mimeType: 'image/webp', buffer: bytes },
      { name: 'none.png', mimeType: 'image/png', buffer: Buffer.from('no image') },
    ]);
    await expect.poll(() => page.locator('.answers li').count()).toBeGreaterThan(before);
    await page.locator('.drop').getByText('none.png:').waitFor();
    await page.evaluate(DROP);
    await page.locator('.drop').getByText('dropped.png:').waitFor();
    expect(await violations(page)).toEqual([]);
    // Of the two that were refused.
    await expect.poll(() => complaints.filter((each) => each.includes('415')).length).toBe(2);
    complaints.splice(0);
  });

  it('fits a telephone', async () => {
    const page = await open({ viewport: { width: 360, height: 740 }, deviceScaleFactor: 2 });
    await page.getByText('by UMAP').waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
  });

  it('asks before it unlearns, moves the card and the points, and brings both back', async () => {
    const page = await open();
    await page.getByText('by UMAP').waitFor();
    await expect.poll(async () => (await ink(page)).cil).toBeGreaterThan(500);
    expect((await ink(page)).mu).toBe(0);

    const dialog = page.getByRole('dialog', { name: 'Unlearn dog?' });
    await page.getByRole('button', { name: 'Unlearn dog' }).click();
    expect(await dialog.innerText()).toContain('20 vectors move to DB-MU');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'hidden' });
    expect(await stateOf(page, 'dog')()).toBe('learned');

    await page.getByRole('button', { name: 'Unlearn dog' }).click();
    await dialog.getByRole('button', { name: 'Unlearn dog' }).click();
    await expect.poll(stateOf(page, 'dog')).toBe('unlearned');
    await page.getByText('dog is unlearned').waitFor();
    await page.getByText('Unlearned dog').waitFor();
    await expect.poll(async () => (await ink(page)).mu).toBeGreaterThan(100);
    await page.getByRole('img', { name: 'In DB-MU: dog.' }).waitFor();
    expect(await card(page, 'dog').locator('img').count()).toBe(0);
    await askUntil('dog', async () => (await page.locator('.route.strategy').count()) > 0);

    await page.getByRole('button', { name: 'Relearn dog' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Relearn dog' }).click();
    await expect.poll(stateOf(page, 'dog')).toBe('learned');
    await expect.poll(async () => (await ink(page)).mu).toBe(0);
  });

  it('is worked by the keyboard alone, and moves nothing for who wants it still', async () => {
    const page = await open({ reducedMotion: 'reduce' });
    await page.getByText('by UMAP').waitFor();
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Skip to the classes');
    await page.keyboard.press('Enter');
    for (let tabs = 0; tabs < 10; tabs++) {
      await page.keyboard.press('Tab');
      if ((await focused(page)) === 'Unlearn cat') break;
    }
    expect(await focused(page)).toBe('Unlearn cat');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    expect(await focused(page)).toBe('Cancel');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(await focused(page)).toBe('Unlearn cat');

    await page.keyboard.press('Space');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Unlearn cat');
    await page.keyboard.press('Enter');
    await expect.poll(stateOf(page, 'cat')).toBe('unlearned');
    await page.getByText('cat is unlearned').waitFor();
  });
});

/** The name of what has the focus. */
function focused(page: Page): Promise<string> {
  return page.evaluate(
    `(document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent).trim()`,
  );
}

describe('the console of a Lethe with a token', () => {
  it('asks for it, keeps it in the tab alone, and commands with it', async () => {
    const guarded = await start({ LETHE_HTTP__TOKEN: TOKEN });
    const page = await open({}, guarded);
    await page.getByRole('textbox', { name: 'Token' }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('textbox', { name: 'Token' }).fill('a-wrong-token-is-refused');
    await page.keyboard.press('Enter');
    await page.getByText('does not accept this token').waitFor();
    await page.getByRole('textbox', { name: 'Token' }).fill(TOKEN);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'No class is learned yet' }).waitFor();
    expect(page.url()).not.toContain(TOKEN);
    expect(await page.context().cookies()).toEqual([]);
    expect(await page.evaluate('localStorage.length')).toBe(0);
    await page.reload();
    await page.getByRole('heading', { name: 'No class is learned yet' }).waitFor();
    // Chromium itself notes each answer of 401.
    expect(complaints.splice(0).filter((text) => !text.includes('401'))).toEqual([]);
  });
});
