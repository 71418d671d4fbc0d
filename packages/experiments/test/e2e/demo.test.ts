import { loadConfig } from 'lethe/internal/app/config/loadConfig.js';
import {
  CIFAR_IMAGE_BYTES,
  type ImageDataset,
  type LabelledImages,
} from 'lethe/internal/data/cifarImages.js';
import { loadDemoSubset } from 'lethe/internal/data/demoSubset.js';
import { pino } from 'pino';
import { beforeAll, describe, expect, it } from 'vitest';
import { startDemoSystem } from '../../src/demo/demoSystem.js';
import { type Demo, runDemo } from '../../src/demo/runDemo.js';
import { reportPage } from '../../src/report/page.js';

/** Every `step`-th image: a smaller data set with as many of each class. */
function thinned({ images, labels }: LabelledImages, step: number): LabelledImages {
  const kept = [...labels.keys()].filter((index) => index % step === 0);
  return {
    labels: Uint8Array.from(kept, (index) => labels[index] as number),
    images: Buffer.concat(
      kept.map((index) => images.subarray(index * CIFAR_IMAGE_BYTES, (index + 1) * CIFAR_IMAGE_BYTES)),
    ),
  };
}

async function smallDataset(): Promise<ImageDataset> {
  const { train, test, classNames } = await loadDemoSubset();
  return { train: thinned(train, 5), test: thinned(test, 5), classNames };
}

/** The demo on 40 + 10 images a class, seen at 96 x 96 pixels: the same path as `lethe demo`, in seconds. */
describe('the demo', () => {
  let demo: Demo;
  const shown = new Map<string, { done: number; total: number }>();

  beforeAll(async () => {
    const { config } = loadConfig({
      overrides: { embedder: { kind: 'bundled', size: 96 }, filter: { k: 5 }, http: { enabled: false } },
    });
    const system = await startDemoSystem(config, pino({ level: 'silent' }));
    try {
      demo = await runDemo(
        system,
        {
          dataset: await smallDataset(),
          datasetName: 'a part of the part',
          seed: 3,
          queriesPerSecond: 20,
          restMs: 300,
        },
        (what, done, total) => shown.set(what, { done, total }),
      );
    } finally {
      await system.close();
    }
  });

  const method = (group: string, name: string) =>
    demo.results.methods.find((other) => other.group === group && other.name === name);

  it("plays the paper's protocol", () => {
    expect(demo.results.steps.map(({ name, kind, classes }) => [name, kind, classes.length])).toEqual([
      ['initial', 'learn', 5],
      ['MU-1', 'unlearn', 1],
      ['CIL-1', 'learn', 1],
      ['MU-2', 'unlearn', 1],
      ['CIL-2', 'learn', 1],
    ]);
  });

  it('never names an unlearned class, whichever strategy answers', () => {
    for (const name of ['masked', 'nearest', 'inverse', 'proportional', 'uniform'])
      expect(method('lethe', name)?.unlearned).toEqual([null, 0, 0, 0, 0]);
    expect(demo.results.live.namedAfterUnlearning).toBe(0);
  });

  it('answers the remaining classes far better than chance', () => {
    for (const accuracy of method('lethe', 'masked')?.remaining ?? []) expect(accuracy).toBeGreaterThan(0.5);
  });

  it('has figures of every method and baseline', () => {
    expect(demo.results.methods).toHaveLength(11);
    expect(method('baseline', 'Retrain')?.remaining.slice(1)).not.toContain(null);
    expect(method('baseline', 'CIL only')?.remaining).not.toContain(null);
  });

  it('times each unlearning beside the training of a new model', () => {
    expect(demo.results.unlearning.map(({ vectors }) => vectors)).toEqual([40, 40]);
    for (const { seconds, retrainSeconds } of demo.results.unlearning) {
      expect(seconds).toBeGreaterThan(0);
      expect(retrainSeconds).toBeGreaterThan(0);
    }
  });

  it('answers every live query', () => {
    const { queries, answered } = demo.results.live;
    expect(answered).toBeGreaterThan(0);
    expect(answered).toBe(queries);
  });

  it('shows each stage to its end', () => {
    for (const { done, total } of shown.values()) expect(done).toBe(total);
    expect([...shown.keys()]).toContain('initial: learn 5 classes: train');
  });

  it('makes a report of it', async () => {
    const page = await reportPage(demo.results, demo.plots);
    expect(page.match(/<svg/g)).toHaveLength(4);
    expect(page).not.toMatch(/NaN|undefined|null/);
  });
});
