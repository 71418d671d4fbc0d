import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DockerfileParser } from 'dockerfile-ast';
import { parse } from 'yaml';
import { z } from 'zod';

/** The repository, which is also the build context of the image. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export function read(path: string): string {
  return readFileSync(new URL(path, `file://${ROOT}`), 'utf8');
}

const strings = z.array(z.string());
const serviceSchema = z.looseObject({
  image: z.string(),
  build: z.string().optional(),
  command: strings.optional(),
  environment: z.record(z.string(), z.string()).default({}),
  ports: strings.default([]),
  volumes: strings.default([]),
  networks: strings.default([]),
  tmpfs: strings.default([]),
  read_only: z.boolean().default(false),
  restart: z.string().optional(),
  stop_grace_period: z.string().optional(),
  cap_drop: strings.default([]),
  security_opt: strings.default([]),
  logging: z.object({ options: z.record(z.string(), z.string()) }).optional(),
  healthcheck: z.object({ test: strings.optional(), disable: z.boolean().optional() }).optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  deploy: z
    .object({
      replicas: z.int().optional(),
      resources: z.object({ limits: z.object({ cpus: z.string(), memory: z.string() }) }),
    })
    .optional(),
});
export type Service = z.infer<typeof serviceSchema>;

const composeSchema = z.looseObject({
  services: z.record(z.string(), serviceSchema),
  networks: z.record(z.string(), z.unknown()),
  volumes: z.record(z.string(), z.unknown()),
});

/** docker-compose.yml with its anchors merged; `${…}` is left as it is written. */
export const compose = composeSchema.parse(parse(read('docker-compose.yml'), { merge: true }));
export const services: readonly (readonly [string, Service])[] = Object.entries(compose.services);
/** The services that are made of this repository. */
export const own = services.filter(([, { build }]) => build !== undefined);

/** A reference such as `${NAME:?message}` or `${NAME:-default}`. */
export interface Reference {
  readonly name: string;
  readonly required: boolean;
  readonly otherwise: string;
}

const REFERENCE = /\$\{(\w+):([?-])([^}]*)\}/g;

export function referencesIn(text: string): Reference[] {
  return [...text.matchAll(REFERENCE)].map(([, name = '', kind, otherwise = '']) => ({
    name,
    required: kind === '?',
    otherwise,
  }));
}

/** What compose makes of a text, with `secret` for what it has to be told. */
export function interpolated(text: string, secret: string): string {
  return text.replaceAll(REFERENCE, (_, _name, kind, otherwise) => (kind === '?' ? secret : otherwise));
}

export const dockerfile = DockerfileParser.parse(read('Dockerfile'));

/** The variables that the image sets for the process in it: those of its last stage. */
export function imageVariables(): Record<string, string> {
  const lastStage = dockerfile.getFROMs().at(-1)?.getRange().start.line ?? 0;
  const variables = dockerfile
    .getENVs()
    .filter((instruction) => instruction.getRange().start.line > lastStage)
    .flatMap((instruction) => instruction.getProperties());
  return Object.fromEntries(variables.map((variable) => [variable.getName(), variable.getValue() ?? '']));
}

/** The words of an instruction in its exec form, e.g. of `CMD ["run"]`. */
export function execForm(content: string | null | undefined): string[] {
  return strings.parse(JSON.parse(content?.slice(content.indexOf('[')) ?? 'null'));
}
