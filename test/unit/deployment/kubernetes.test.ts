import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScaledObject, TriggerAuthentication } from '@kubernetes-models/keda/keda.sh/v1alpha1';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { loadConfig } from '../../../src/app/config/loadConfig.js';
import { groupsOf } from '../../../src/domain/groups.js';
import { topicsUnder } from '../../../src/domain/topics.js';
import { type KubernetesTools, kubernetesTools } from '../../support/kubernetesTools.js';
import { expectCommand } from './commands.js';
import { imageVariables, ROOT, read } from './files.js';

/** What kube-score is not asked about, and why. */
const IGNORED = [
  // The user of the image: 1000, as in Docker.
  'container-security-context-user-group-id',
  // Workers are spread by topologySpreadConstraints.
  'deployment-has-host-podantiaffinity',
  'statefulset-has-host-podantiaffinity',
  // Their number is KEDA's.
  'deployment-replicas',
];
/** Of Kubernetes: one of some time ago, and the newest that the validator knows. */
const VERSIONS = ['1.33', '1.37'];

const variable = z.looseObject({
  name: z.string(),
  value: z.string().optional(),
  valueFrom: z
    .record(z.string(), z.looseObject({ name: z.string().optional(), key: z.string().optional() }))
    .optional(),
});
const probe = z.looseObject({ httpGet: z.object({ path: z.string(), port: z.literal('http') }) });
const containerSchema = z.looseObject({
  image: z.string(),
  args: z.array(z.string()),
  env: z.array(variable),
  envFrom: z.array(z.object({ configMapRef: z.object({ name: z.string() }) })),
  ports: z.array(z.object({ name: z.string(), containerPort: z.int() })),
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: probe,
  resources: z.object({
    requests: z.record(z.string(), z.string()),
    limits: z.record(z.string(), z.string()),
  }),
  securityContext: z.looseObject({
    readOnlyRootFilesystem: z.literal(true),
    allowPrivilegeEscalation: z.literal(false),
    runAsNonRoot: z.literal(true),
    runAsUser: z.int().positive(),
    capabilities: z.object({ drop: z.tuple([z.literal('ALL')]) }),
  }),
  volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })),
});
const workloadSchema = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({
    selector: z.object({ matchLabels: z.record(z.string(), z.string()) }),
    volumeClaimTemplates: z
      .array(z.looseObject({ metadata: z.looseObject({ name: z.string() }) }))
      .default([]),
    template: z.object({
      metadata: z.looseObject({ labels: z.record(z.string(), z.string()) }),
      spec: z.looseObject({
        automountServiceAccountToken: z.literal(false),
        containers: z.tuple([containerSchema]),
        topologySpreadConstraints: z.array(z.looseObject({ topologyKey: z.string() })).min(2),
        volumes: z.array(z.looseObject({ name: z.string() })),
      }),
    }),
  }),
});
const objectSchema = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
  data: z.record(z.string(), z.string()).optional(),
});

describe.each(['base', 'overlays/example'])('deploy/kubernetes/%s', (name) => {
  const folder = mkdtempSync(join(tmpdir(), 'lethe-kubernetes-'));
  const file = join(folder, 'manifests.yaml');
  let tools: KubernetesTools;
  let objects: z.infer<typeof objectSchema>[];
  const some = (kind: string) => objects.filter((object) => object.kind === kind);
  const workloads = () =>
    [...some('StatefulSet'), ...some('Deployment')].map((object) => workloadSchema.parse(object));

  beforeAll(async () => {
    tools = await kubernetesTools();
    writeFileSync(file, await tools.render(join(ROOT, 'deploy/kubernetes', name)));
    objects = parseAllDocuments(readFileSync(file, 'utf8')).map((each) => objectSchema.parse(each.toJS()));
  }, 600_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(VERSIONS)(
    'is known to Kubernetes %s to the last field',
    async (version) => {
      await tools.validate(file, version);
    },
    60_000,
  );

  it('is known to KEDA', () => {
    const [scaled] = some('ScaledObject');
    const [authentication] = some('TriggerAuthentication');
    new ScaledObject(scaled as never).validate();
    new TriggerAuthentication(authentication as never).validate();
  });

  it('has nothing that kube-score finds fault with', async () => {
    expect(await tools.score(file, IGNORED)).toEqual([]);
  });

  it('gives each worker what it needs and no right beyond it', () => {
    const found = workloads();
    expect(found.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'StatefulSet lethe-learn',
      'Deployment lethe-infer',
    ]);
    for (const { spec } of found) {
      const { template } = spec;
      expect(template.metadata.labels).toMatchObject(spec.selector.matchLabels);
      const [container] = template.spec.containers;
      expect(container.startupProbe.httpGet.path).toBe('/healthz');
      expect(container.livenessProbe.httpGet.path).toBe('/healthz');
      expect(container.readinessProbe.httpGet.path).toBe('/readyz');
      const volumes = [
        ...template.spec.volumes.map((volume) => volume.name),
        ...spec.volumeClaimTemplates.map(({ metadata }) => metadata.name),
      ];
      expect(container.volumeMounts.map((mount) => mount.name).sort()).toEqual(volumes.sort());
    }
  });

  it('disturbs one worker at a time, and lets in and out who is named', () => {
    expect(some('PodDisruptionBudget')).toHaveLength(2);
    const [policy] = some('NetworkPolicy');
    expect(policy).toMatchObject({
      spec: {
        policyTypes: ['Ingress', 'Egress'],
        podSelector: { matchLabels: { 'app.kubernetes.io/name': 'lethe' } },
        ingress: [
          {
            from: [
              // Clients are not workers: the label of ours must not be asked of them.
              { podSelector: { matchLabels: { 'lethe/client': 'true' } } },
              { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } },
            ],
          },
        ],
      },
    });
  });

  it('tells each worker a configuration and a command that Lethe takes; secrets are files', async () => {
    const [settings] = some('ConfigMap');
    for (const { spec } of workloads()) {
      const [container] = spec.template.spec.containers;
      expect(container.envFrom).toEqual([{ configMapRef: { name: settings?.metadata.name } }]);
      const told = variablesOf(container.env, settings?.data ?? {});
      const secrets = Object.entries(told).filter(([variable]) => variable.endsWith('_FILE'));
      expect(secrets.map(([variable]) => variable).sort()).toEqual([
        'LETHE_HTTP__TOKEN_FILE',
        'LETHE_STORES__REDIS__PASSWORD_FILE',
        'LETHE_TRANSPORT__KAFKA__SASL__PASSWORD_FILE',
      ]);
      const variables = { ...imageVariables(), ...settings?.data, ...told };
      for (const [variable, path] of secrets) {
        expect(path.startsWith('/run/secrets/lethe/')).toBe(true);
        variables[variable] = secretFile(folder);
      }
      const { config } = loadConfig({ variables });
      const brokers = settings?.data?.KAFKA_BROKERS?.split(',');
      expect(config.transport).toMatchObject({ kind: 'kafka', kafka: { brokers, ssl: { enabled: true } } });
      expect(config.stores.redis.url).toMatch(/^rediss:/);
      expect(config.http).toMatchObject({ host: '0.0.0.0', port: container.ports[0]?.containerPort });
      await expectCommand(container.args);
    }
  });

  it('scales by the lag of the group that answers, up to the partitions that there are', () => {
    const [settings] = some('ConfigMap');
    const { topicPrefix, partitions } = loadConfig({
      variables: lethe(settings?.data ?? {}),
    }).config.transport;
    const topics = topicsUnder(topicPrefix);
    expect(some('ScaledObject')).toMatchObject([
      {
        spec: {
          scaleTargetRef: { name: 'lethe-infer' },
          maxReplicaCount: partitions,
          triggers: [
            {
              metadata: {
                bootstrapServersFromEnv: 'KAFKA_BROKERS',
                topic: topics.queries,
                consumerGroup: groupsOf(topics).inference,
              },
            },
          ],
        },
      },
    ]);
  });

  it('runs the image of this version', () => {
    const { version } = JSON.parse(read('package.json'));
    for (const { spec } of workloads()) {
      expect(spec.template.spec.containers[0].image).toMatch(new RegExp(`lethe:${version}$`));
    }
  });
});

/** The variables as the kubelet makes them: `$(NAME)` stands for one that was named before. */
function variablesOf(
  env: readonly z.infer<typeof variable>[],
  settings: Record<string, string>,
): Record<string, string> {
  const made: Record<string, string> = {};
  for (const { name, value, valueFrom } of env) {
    const { configMapKeyRef, secretKeyRef } = valueFrom ?? {};
    made[name] = configMapKeyRef
      ? (settings[configMapKeyRef.key ?? ''] ?? '')
      : (value?.replaceAll(/\$\((\w+)\)/g, (_, other: string) => made[other] ?? '') ??
        secretKeyRef?.key ??
        'a-name');
  }
  return made;
}

function lethe(settings: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => name.startsWith('LETHE_')));
}

function secretFile(folder: string): string {
  const path = join(folder, 'secret');
  writeFileSync(path, 'a1b2c3d4e5f6a7b8\n');
  return path;
}
