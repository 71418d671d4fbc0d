import { describe, expect, it } from 'vitest';
import { createHealth } from '../../../src/telemetry/health.js';
import { telemetryRoutes } from '../../../src/telemetry/http.js';
import { createMetrics } from '../../../src/telemetry/metrics.js';

describe('health', () => {
  it('tells why it waits, beside the words that metrics carry', () => {
    const health = createHealth();
    health.waitFor('redis');
    const back = health.waitFor('redis', 'OOM command not allowed');
    expect(health.report()).toMatchObject({
      waitingFor: ['redis'],
      reasons: [{ what: 'redis', why: 'OOM command not allowed' }],
    });
    back();
    expect(health.report()).toEqual({ live: true, ready: false, waitingFor: ['redis'] });
  });

  it('is ready when nothing is waited for any more', () => {
    const health = createHealth();
    const embedder = health.waitFor('embedder');
    const model = health.waitFor('model');
    expect(health.report()).toEqual({ live: true, ready: false, waitingFor: ['embedder', 'model'] });
    embedder();
    embedder();
    model();
    expect(health.report()).toEqual({ live: true, ready: true, waitingFor: [] });
  });

  it('is neither live nor ready once something broke for good', () => {
    const health = createHealth();
    health.fail('the pipeline ended');
    health.fail('later');
    expect(health.report()).toEqual({
      live: false,
      ready: false,
      waitingFor: [],
      failure: 'the pipeline ended',
    });
  });
});

describe('the routes of telemetry', () => {
  it('answer with the state of health, and the reasons', async () => {
    const metrics = createMetrics();
    const health = createHealth();
    const routes = telemetryRoutes(metrics, health);
    const get = async (path: string) => {
      const answer = await routes.request(path);
      return [answer.status, await answer.json()];
    };
    const ready = health.waitFor('the embedder');
    expect(await get('/healthz')).toEqual([200, { live: true }]);
    expect(await get('/readyz')).toEqual([503, { ready: false, waitingFor: ['the embedder'] }]);
    ready();
    expect(await get('/readyz')).toEqual([200, { ready: true, waitingFor: [] }]);
    health.fail('out of memory');
    expect(await get('/healthz')).toEqual([503, { live: false, failure: 'out of memory' }]);
    expect((await get('/readyz'))[0]).toBe(503);
    const exposed = await routes.request('/metrics');
    expect(exposed.headers.get('content-type')).toMatch(/^text\/plain; version=0.0.4/);
    expect(await exposed.text()).toContain('lethe_dead_letters_total');
    metrics.close();
  });
});
