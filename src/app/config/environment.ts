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
        value: field.text ? content : legible(variable, () => contentOf(content, field)),
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

/** YAML or JSON; a list also as its items with commas between them. */
function contentOf(content: string, { items }: ConfigField): unknown {
  const tree: unknown = treeOf(content);
  if (items === null || typeof tree === 'object') return tree;
  const texts = content
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  return items === 'texts' ? texts : texts.map((text) => treeOf(text));
}

/** Variables of Lethe's that are no settings: of the command line, of setup and of `services:up`. */
const OTHERS = /^LETHE_(ENV|CONFIG|URL|ACTOR|CACHE|NATIVE|SERVICES_\w+)$/;
/** Variables that Kubernetes sets in every container for a service whose name begins with `lethe`. */
const OF_KUBERNETES = /_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP)(_\w+)?)?)$/;

/** A variable that looks like one of Lethe's and means nothing, and the setting whose variable is most like it. */
export interface UnknownVariable {
  readonly variable: string;
  readonly didYouMean: string;
}

/** Variables that begin with `LETHE_` but set nothing, and would be ignored silently. */
export function unknownVariables(
  environment: Readonly<Record<string, string | undefined>>,
  fields: readonly ConfigField[],
): readonly UnknownVariable[] {
  return Object.keys(environment)
    .filter((name) => name.startsWith(PREFIX) && !name.includes(SEPARATOR))
    .filter((name) => !OTHERS.test(name) && !OF_KUBERNETES.test(name))
    .map((variable) => ({ variable, didYouMean: nearestTo(variable, fields) }));
}

/**
 * The value of a variable, or of the file that it names. An error does not contain the value, which may be a secret.
 */
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
  const nearest = nearestTo(variable, fields);
  return new LetheError('config-invalid', `${variable} is not a setting`, {
    field: variable,
    remedy: `Did you mean ${nearest}? \`lethe config print --describe\` lists all fields.`,
  });
}

function nearestTo(variable: string, fields: readonly ConfigField[]): string {
  return closest(
    variable,
    fields.map((field) => variableOf(field.path)),
  );
}
