import { readFileSync } from 'node:fs';
import { variableOf } from './environment.js';
import { configFields } from './fields.js';
import type { LetheConfig } from './schema.js';

/** The values of all secrets of a configuration. */
export function secretsOf(config: LetheConfig): string[] {
  return secretPaths().flatMap((path) => {
    const value = path.reduce<unknown>(
      (tree, key) => (typeof tree === 'object' && tree !== null ? Reflect.get(tree, key) : undefined),
      config,
    );
    return typeof value === 'string' ? [value] : [];
  });
}

/** The secrets in the variables, and in the files that they name: for errors without a configuration. */
export function secretsIn(variables: Readonly<Record<string, string | undefined>>): string[] {
  return secretPaths().flatMap((path) => {
    const name = variableOf(path.join('.'));
    const file = variables[`${name}_FILE`];
    const found = [variables[name], file === undefined ? undefined : contentOf(file)];
    return found.flatMap((secret) => (secret === undefined || secret === '' ? [] : [secret]));
  });
}

function secretPaths(): string[][] {
  return configFields().flatMap(({ path, secret }) => (secret ? [path.split('.')] : []));
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}
