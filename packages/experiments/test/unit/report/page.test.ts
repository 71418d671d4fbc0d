import { describe, expect, it } from 'vitest';
import { reportPage } from '../../../src/report/page.js';
import { demoResults } from '../../support/demoResults.js';

const plots = {
  accuracy: '<svg id="accuracy"></svg>',
  map: '<svg id="map"></svg>',
  timeline: '<svg id="timeline"></svg>',
  latency: '<svg id="latency"></svg>',
};

describe('the report', () => {
  it('shows every method after every step, beside the figures of the paper', async () => {
    const page = await reportPage(demoResults, plots);
    expect(page).toContain('94.4 / 0.0');
    expect(page).toContain('86.0 / 33.0');
    expect(page).toContain('79.6 / 32.9');
    expect(page).toContain('not measured here');
  });

  it('shows how much faster unlearning was than retraining', async () => {
    const page = await reportPage(demoResults, plots);
    expect(page).toContain('4.1 ms');
    expect(page).toContain('1,270x');
  });

  it('says what unlearning leaves behind', async () => {
    const page = await reportPage(demoResults, plots);
    expect(page).toMatch(/no evidence of forgetting/);
    expect(page).toMatch(/Left behind/);
  });

  it('needs nothing beside itself', async () => {
    const page = await reportPage(demoResults, plots);
    for (const svg of Object.values(plots)) expect(page).toContain(svg);
    expect(page).not.toMatch(/<script|<link|src=|https?:/);
  });

  it('escapes what comes from outside', async () => {
    const page = await reportPage(demoResults, plots);
    expect(page).toContain('2 x &lt;some&gt; CPU');
  });

  it('names each plot for those who can not see it', async () => {
    const page = await reportPage(demoResults, plots);
    expect(page.match(/role="img" aria-label="[^"]{40,}"/g)).toHaveLength(4);
  });
});
