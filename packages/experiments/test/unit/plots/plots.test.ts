import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { accuracyPlot } from '../../../src/plots/accuracyPlot.js';
import { embeddingMap } from '../../../src/plots/embeddingMap.js';
import { latencyPlot } from '../../../src/plots/latencyPlot.js';
import { timelinePlot } from '../../../src/plots/timelinePlot.js';

/** Draws the SVG with another program, which fails on anything that is not well-formed. */
async function drawn(svg: string): Promise<{ width: number; height: number }> {
  const { info } = await sharp(Buffer.from(svg)).png().toBuffer({ resolveWithObject: true });
  return info;
}

const plots = {
  accuracyPlot: () =>
    accuracyPlot({
      steps: ['initial', 'MU-1'],
      series: [
        { name: 'Lethe: nearest', remaining: [0.95, 0.94], unlearned: [null, 0] },
        { name: 'Retrain', remaining: [null, 0.96], unlearned: [null, 0] },
      ],
    }),
  embeddingMap: () =>
    embeddingMap({
      classes: ['cat', 'dog <b>'],
      panels: [
        {
          title: 'before',
          points: [
            { x: 0, y: 1, className: 'cat', database: 'cil' },
            { x: 1, y: 0, className: 'dog <b>', database: 'mu' },
          ],
        },
      ],
    }),
  latencyPlot: () =>
    latencyPlot({
      samples: [
        { at: 1, latencyMs: 12, by: 'model' },
        { at: 2, latencyMs: 20, by: 'strategy' },
      ],
      training: [{ label: 'initial', from: 0.5, to: 1.5 }],
      moments: [{ label: 'cat unlearned', at: 1.7 }],
    }),
  timelinePlot: () =>
    timelinePlot({
      lanes: ['initial', 'MU-1: cat'],
      spans: [
        { lane: 'initial', phase: 'embedding', from: 0, to: 2 },
        { lane: 'initial', phase: 'training', from: 2, to: 5 },
        { lane: 'MU-1: cat', phase: 'unlearning', from: 5.5, to: 5.504 },
      ],
    }),
};

describe.each(Object.entries(plots))('%s', (_name, draw) => {
  it('is a well-formed SVG image with an accessible name, the same every time', async () => {
    const svg = await draw();
    expect(svg).toMatch(/^<svg /);
    expect(svg).toContain('aria-label');
    expect(await drawn(svg)).toMatchObject({ width: expect.any(Number), height: expect.any(Number) });
    expect(await draw()).toBe(svg);
  });
});

describe('plots', () => {
  it('show the duration of an unlearning beside its mark', async () => {
    expect(await plots.timelinePlot()).toContain('4 ms');
  });

  it('escape what comes from labels', async () => {
    const svg = await plots.embeddingMap();
    expect(svg).toContain('dog &lt;b&gt;');
    expect(svg).not.toContain('<b>');
  });

  it('can be drawn without any live query', async () => {
    await drawn(await latencyPlot({ samples: [], training: [], moments: [] }));
  });
});

describe('the plot of accuracies', () => {
  const of = (methods: number) =>
    accuracyPlot({
      steps: ['initial'],
      series: Array.from({ length: methods }, (_, at) => ({
        name: `method ${at}`,
        remaining: [0.9],
        unlearned: [null],
      })),
    });

  it('gives each of eight methods a mark of its own', async () => {
    const marks = [...(await of(8)).matchAll(/<path [^>]*aria-roledescription="point"[^>]*>/g)].map(
      ([mark]) => [/ d="([^"]*)"/, / fill="([^"]*)"/].map((part) => part.exec(mark)?.[1]),
    );
    expect(marks).toHaveLength(8);
    for (const part of [0, 1]) expect(new Set(marks.map((mark) => mark[part])).size).toBe(8);
  });

  it('refuses more, of which two would look the same', async () => {
    await expect(of(9)).rejects.toThrow('9 methods');
  });
});
