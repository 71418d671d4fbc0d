import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DCLinter } from 'dclint';
import { describe, expect, it } from 'vitest';
import { variableOf } from '../../../src/app/config/environment.js';
import { configFields } from '../../../src/app/config/fields.js';
import { loadConfig } from '../../../src/app/config/loadConfig.js';
import { expectCommand } from './commands.js';
import { compose, imageVariables, interpolated, own, ROOT, read, referencesIn, services } from './files.js';

/** Stands in for every password and token; what the gateway asks of a token holds for it. */
const SECRET = 'a1b2c3d4'.repeat(4);
/** Rules about the order of keys: ours tells the story from what is depended on to what depends. */
const ORDER = [
  'service-keys-order',
  'services-alphabetical-order',
  'service-dependencies-alphabetical-order',
  'top-level-properties-order',
];

describe('docker-compose.yml', () => {
  it('follows the schema of the Compose specification and the rules of dclint', () => {
    const rules = Object.fromEntries(ORDER.map((name) => [name, 0] as const));
    const linter = new DCLinter({ rules, quiet: false, debug: false, exclude: [] });
    const results = linter.lintFiles([join(ROOT, 'docker-compose.yml')], false);
    expect(results).toEqual([expect.objectContaining({ messages: [] })]);
  });

  it('declares the networks and volumes that it uses, and mounts what exists', () => {
    for (const [name, { networks, volumes }] of services) {
      expect(networks, name).not.toEqual([]);
      expect(Object.keys(compose.networks)).toEqual(expect.arrayContaining(networks));
      for (const [source = ''] of volumes.map((volume) => volume.split(':'))) {
        if (source.startsWith('.')) expect(existsSync(join(ROOT, source)), source).toBe(true);
        else expect(Object.keys(compose.volumes)).toContain(source);
      }
    }
  });

  it('waits only for services that can tell, and that are reached over a network in common', () => {
    for (const [name, { depends_on, networks }] of services) {
      for (const [needed, { condition }] of Object.entries(depends_on)) {
        const service = compose.services[needed];
        expect(service, `${name} needs ${needed}`).toBeDefined();
        expect(service?.networks.some((network) => networks.includes(network))).toBe(true);
        if (condition === 'service_healthy') expect(service?.healthcheck?.test).toBeDefined();
        else
          expect([condition, service?.restart]).toEqual(['service_completed_successfully', 'on-failure:3']);
      }
    }
  });

  it.each(services)('pins the image of %s to an exact version', (_, { image }) => {
    expect(image).toMatch(/^[a-z][a-z0-9/-]*:v?\d+\.\d+\.\d+(-v\d+)?$/);
  });

  it('names its own image after the version of the package', () => {
    const { version } = JSON.parse(read('package.json'));
    expect(new Set(own.map(([, { image }]) => image))).toEqual(new Set([`lethe:${version}`]));
  });

  it.each(services)('bounds what %s may do and take', (_, service) => {
    expect(service.cap_drop).toEqual(['ALL']);
    expect(service.security_opt).toEqual(['no-new-privileges:true']);
    expect(service.deploy?.resources.limits).toEqual({
      cpus: expect.stringMatching(/^[\d.]+$/),
      memory: expect.stringMatching(/^\d+[mg]$/),
    });
    expect(service.logging?.options).toMatchObject({ 'max-size': '10m', 'max-file': '3' });
    expect(service.restart).toMatch(/^(unless-stopped|on-failure:\d)$/);
    expect(service.stop_grace_period).toBe('40s');
  });

  it.each(services)('knows whether %s is well', (_, { healthcheck, build, restart }) => {
    const once = restart?.startsWith('on-failure');
    if (once) expect(healthcheck).toEqual({ disable: true });
    else if (build === undefined) expect(healthcheck?.test).not.toEqual([]);
    // Ours inherit the check of the Dockerfile, which dockerfile.test.ts runs.
    else expect(healthcheck).toBeUndefined();
  });

  it.each(own)('seals %s: nothing but its volume and /tmp can be written', (_, service) => {
    expect(service.read_only).toBe(true);
    expect(service.tmpfs).toEqual([expect.stringMatching(/^\/tmp:/)]);
    expect(service.volumes).toEqual(['lethe:/var/lib/lethe']);
  });

  it('publishes ports on the loopback address only', () => {
    const published = services.flatMap(([, { ports }]) => ports);
    expect(published.length).toBeGreaterThan(0);
    for (const port of published) expect(interpolated(port, '')).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  it('has no password of its own: each is required from the environment', () => {
    for (const [service, { environment }] of services) {
      for (const [name, value] of Object.entries(environment)) {
        const secret = /(PASSWORD|TOKEN|SECRET|_AUTH)$/.test(name);
        if (secret) expect(value, `${service} ${name}`).toMatch(/^\$\{\w+:\?[^}]+\}$/);
      }
    }
    expect(compose.services.redis?.environment.REDIS_ARGS).toMatch(
      /--requirepass \$\{LETHE_REDIS_PASSWORD:\?/,
    );
    expect(compose.services.redis?.environment.REDIS_ARGS).toContain('--appendonly yes');
    expect(compose.services.grafana?.environment).toMatchObject({
      GF_SECURITY_ADMIN_PASSWORD: expect.stringContaining(':?'),
      GF_AUTH_ANONYMOUS_ENABLED: 'false',
    });
  });

  it('is told by .env, and .env.example names all of it: what is required empty, the rest with its default', () => {
    const text = read('docker-compose.yml');
    const references = referencesIn(text);
    expect(references).toHaveLength(text.match(/\$\{?\w/g)?.length ?? 0);
    const wanted = references.map(({ name, required, otherwise }) =>
      required ? `${name}=` : `#${name}=${otherwise}`,
    );
    const example = read('.env.example')
      .split('\n')
      .filter((line) => /^#?[A-Z_]+=/.test(line));
    expect(new Set(example)).toEqual(new Set(wanted));
  });
});

describe('the services of Lethe', () => {
  it.each(own)('%s is given a configuration that Lethe takes', (_, { environment, deploy }) => {
    const known = new Set(configFields().map(({ path }) => variableOf(path)));
    const unknown = Object.keys(environment).filter((name) => !known.has(name));
    expect(unknown).toEqual([]);

    const given = Object.entries(environment).map(([name, value]) => [name, interpolated(value, SECRET)]);
    const variables = { ...imageVariables(), ...Object.fromEntries(given) };
    const { config } = loadConfig({ variables });
    expect(config).toMatchObject({
      transport: { kind: 'kafka', kafka: { brokers: ['kafka:9092'] } },
      stores: { kind: 'redis', redis: { url: 'redis://redis:6379', password: SECRET } },
      checkpoints: { kind: 'redis' },
      http: { host: '0.0.0.0', port: 7070, token: SECRET },
    });
    expect(variables.LETHE_EMBEDDER__THREADS).toBe('2');
    expect(Number(deploy?.resources.limits.cpus)).toBeLessThanOrEqual(2);
  });

  it.each(own)('%s runs a command that lethe knows', async (_, { command }) => {
    await expectCommand(command ?? []);
  });

  it('can be scaled where they answer: neither a port nor a name of their own', () => {
    const infer = compose.services['lethe-infer'];
    expect(infer?.ports).toEqual([]);
    expect(infer).not.toHaveProperty('container_name');
    expect(infer?.environment).not.toHaveProperty('LETHE_WORKER__NAME');
    expect(infer?.deploy?.replicas).toBe(2);
  });
});
