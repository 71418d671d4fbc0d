import { closest } from 'fastest-levenshtein';
import { LetheError } from '../../domain/errors.js';
import type { ConfigField } from './fields.js';
import { treeOf } from './yamlTree.js';

const PREFIX = 'LETHE_';
const SEPARATOR = '__';
const FILE_SUFFIX = '_FILE';

/** A value that an environment variable sets. */
export interface Override {
  readonly variable: string;
  readonly path: string;
  readonly value: unknown;
}

/**
 * The overrides in `LETHE_<SECTION>__<KEY>` variables, e.g. `LETHE_HTTP__PORT` or `LETHE_LEARNING__SSRE__WIDTH`.
 * Keys are matched without regard to case and underscores. A secret may be in a file that `…_FILE` names.
 * @param readFile gives the content of a file of a secret
 * @throws LetheError `config-invalid` for a variable that names no field
 */
export function environmentOverrides(
  environment: Readonly<Record<string, string | undefined>>,
  fields: readonly ConfigField[],
  readFile: (path: string) => string,
): Override[] {
  const byVariable = new Map(fields.map((field) => [plain(field.path.replaceAll('.', SEPARATOR)), field]));
  const overrides: Override[] = [];
  for (const [variable, content] of Object.entries(environment)) {
    if (content === undefined || !variable.startsWith(PREFIX) || !variable.includes(SEPARATOR)) continue;
    const name = variable.slice(PREFIX.length);
    const field = byVariable.get(plain(name));
    const secret = name.endsWith(FILE_SUFFIX)
      ? byVariable.get(plain(name.slice(0, -FILE_SUFFIX.length)))
      : undefined;
    if (field) {
      overrides.push({
        variable,
        path: field.path,
        value: field.text ? content : legible(variable, () => treeOf(content)),
      });
    } else if (secret?.secret) {
      overrides.push({
        variable,
        path: secret.path,
        value: legible(variable, () => readFile(content).trim()),
      });
    } else {
      throw unknownVariable(variable, fields);
    }
  }
  return overrides;
}

/** What a variable says or names; that it can't be read is told without its value, which may be a secret. */
function legible<T>(variable: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new LetheError('config-invalid', `${variable} can't be read`, {
      field: variable,
      remedy: variable.endsWith(FILE_SUFFIX)
        ? 'Name a file that exists and that this process may read.'
        : 'Write its value as YAML or JSON; text with special characters in quotes.',
      cause,
    });
  }
}

/** The variable that sets a field, e.g. `LETHE_TRANSPORT__TOPIC_PREFIX`. */
export function variableOf(path: string): string {
  const words = path.replaceAll(/([a-z])([A-Z])/g, '$1_$2').replaceAll('.', SEPARATOR);
  return `${PREFIX}${words.toUpperCase()}`;
}

/** Lower case, and no underscores but the separators of sections. */
function plain(name: string): string {
  return name
    .split(SEPARATOR)
    .map((part) => part.replaceAll('_', '').toLowerCase())
    .join(SEPARATOR);
}

function unknownVariable(variable: string, fields: readonly ConfigField[]): LetheError {
  const nearest = closest(
    variable,
    fields.map((field) => variableOf(field.path)),
  );
  return new LetheError('config-invalid', `${variable} is not a setting`, {
    field: variable,
    remedy: `Did you mean ${nearest}? \`lethe config print --describe\` lists all fields.`,
  });
}
