import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createDefu } from 'defu';
import { closest } from 'fastest-levenshtein';
import { z } from 'zod';
import { LetheError } from '../../domain/errors.js';
import { scrubber } from '../../telemetry/scrub.js';
import { environmentOverrides } from './environment.js';
import { type ConfigField, configFields } from './fields.js';
import { configSchema, type LetheConfig, type LetheConfigInput } from './schema.js';
import { learningAnalyticSchema, learningSsreSchema } from './sections/learning.js';
import { treeOf } from './yamlTree.js';

type Tree = Record<string, unknown>;
/** Any part of the configuration, down to single fields. */
export type ConfigOverrides = DeepPartial<LetheConfigInput>;
type DeepPartial<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [K in keyof T]?: DeepPartial<T[K]> | undefined }
    : T;

/** Sources of a configuration, in addition to config/default.yaml; later ones win. */
export interface ConfigOptions {
  /** Names config/<environment>.yaml; by default `LETHE_ENV`. */
  readonly environment?: string | undefined;
  /** The user's own YAML file; by default `LETHE_CONFIG`. */
  readonly file?: string | undefined;
  readonly variables?: Readonly<Record<string, string | undefined>>;
  /** Values that the program itself sets, e.g. by options of a command. */
  readonly overrides?: ConfigOverrides;
}

/** A validated configuration, and its sources. */
export interface LoadedConfig {
  readonly config: LetheConfig;
  /** The files and variables, in the order in which they were laid over one another. */
  readonly sources: readonly string[];
}

interface Source {
  readonly name: string;
  readonly tree: Tree;
  /** Whether it may carry secrets. */
  readonly file: boolean;
}

const CONFIG_FOLDER = new URL('../../../config/', import.meta.url);
/** Below all files: the hyper-parameters that SSRE's own schema gives, so that one of them alone can be changed. */
const BUILT_IN: Tree = {
  learning: { ssre: learningSsreSchema.parse({}), analytic: learningAnalyticSchema.parse({}) },
};
const treeSchema = z.record(z.string(), z.unknown());

/** Lays objects over one another; a list replaces the list below it. */
const layered = createDefu((below: Tree, key, value: unknown) => {
  if (!Array.isArray(value)) return false;
  below[String(key)] = value;
  return true;
});

/**
 * The configuration: config/default.yaml, config/<environment>.yaml, the user's file, `LETHE_<SECTION>__<KEY>`
 * variables and overrides; each overrides the ones before.
 * @throws LetheError `config-invalid` that names the field, its value, its source and the allowed values
 */
export function loadConfig(options: ConfigOptions = {}): LoadedConfig {
  const variables = options.variables ?? process.env;
  const fields = configFields();
  const sources = [...fileSources(options, variables), ...variableSources(variables, fields)];
  if (options.overrides)
    sources.push({ name: 'options', tree: treeSchema.parse(options.overrides), file: false });
  for (const source of sources) if (source.file) refuseSecrets(source, fields);
  const trees = sources.map((source) => source.tree).reverse();
  const result = configSchema.safeParse(layered({}, ...trees, BUILT_IN));
  if (!result.success) throw invalid(result.error, sources, fields);
  return { config: result.data, sources: sources.map((source) => source.name) };
}

function fileSources(
  options: ConfigOptions,
  variables: Readonly<Record<string, string | undefined>>,
): Source[] {
  const environment = options.environment ?? variables.LETHE_ENV;
  const own = options.file ?? variables.LETHE_CONFIG;
  if (environment && !/^[\w-]+$/.test(environment)) {
    throw new LetheError('config-invalid', 'the environment is not a plain name', {
      field: 'LETHE_ENV',
      value: environment,
      remedy: 'Use a name such as production, for which Lethe reads config/production.yaml.',
    });
  }
  const bundled = ['default', ...(environment ? [environment] : [])].map((name) =>
    fileSource(`config/${name}.yaml`, fileURLToPath(new URL(`${name}.yaml`, CONFIG_FOLDER))),
  );
  return own ? [...bundled, fileSource(own, own)] : bundled;
}

function fileSource(name: string, path: string): Source {
  const tree = treeSchema.safeParse(readYaml(name, path) ?? {});
  if (tree.success) return { name, tree: tree.data, file: true };
  throw new LetheError('config-invalid', `${name} is not a mapping of sections`, {
    field: name,
    remedy: 'Write sections that contain fields, as in config/default.yaml.',
  });
}

function readYaml(name: string, path: string): unknown {
  try {
    return treeOf(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new LetheError(
      'config-invalid',
      `${name} can't be read: ${error instanceof Error ? error.message : error}`,
      {
        field: name,
        remedy: 'Check that the file exists, is readable and is well-formed YAML.',
        cause: error,
      },
    );
  }
}

function variableSources(
  variables: Readonly<Record<string, string | undefined>>,
  fields: readonly ConfigField[],
): Source[] {
  const readSecret = (path: string): string => readFileSync(path, 'utf8');
  return environmentOverrides(variables, fields, readSecret).map(({ variable, path, value }) => ({
    name: variable,
    tree: path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Tree,
    file: false,
  }));
}

function refuseSecrets({ name, tree }: Source, fields: readonly ConfigField[]): void {
  const secret = fields.find((field) => field.secret && valueAt(tree, field.path.split('.')) !== undefined);
  if (!secret) return;
  throw new LetheError('config-invalid', `${name} contains the secret ${secret.path}`, {
    field: secret.path,
    remedy:
      'Remove it from the file. Set it by its environment variable, or by a file that the variable …_FILE names.',
  });
}

function invalid(error: z.ZodError, sources: readonly Source[], fields: readonly ConfigField[]): LetheError {
  const issue = error.issues[0];
  if (!issue) throw error;
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const keys = unknown === undefined ? issue.path : [...issue.path, unknown];
  const path = keys.join('.');
  const origin = sources.findLast(({ tree }) => valueAt(tree, keys) !== undefined);
  const value = origin && valueAt(origin.tree, keys);
  const where = origin ? ` (set in ${origin.name})` : '';
  const secret = fields.some((field) => field.secret && field.path === path);
  const message = unknown === undefined ? issue.message : 'no such field';
  return new LetheError('config-invalid', `${path}${where}: ${message}`, {
    field: path,
    // What stands in a field of no known name may be a secret, too.
    ...(value === undefined || secret || unknown !== undefined
      ? {}
      : { value: scrubber([])(JSON.stringify(value)) }),
    remedy: unknown === undefined ? remedyFor(path, fields) : `Did you mean ${nearestTo(path, fields)}?`,
    cause: error,
  });
}

function remedyFor(path: string, fields: readonly ConfigField[]): string {
  const description = fields.find((field) => field.path === path)?.description;
  return description ? `The field means: ${description}` : 'See config/default.yaml for what is expected.';
}

function nearestTo(path: string, fields: readonly ConfigField[]): string {
  const depth = path.split('.').length;
  const candidates = fields.map((field) => field.path.split('.').slice(0, depth).join('.'));
  return closest(path, [...new Set(candidates)]);
}

function valueAt(tree: Tree, keys: readonly PropertyKey[]): unknown {
  return keys.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    tree,
  );
}
