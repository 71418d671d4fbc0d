import { variableOf } from '../../src/app/config/environment.js';
import { type ConfigField, configFields } from '../../src/app/config/fields.js';
import { loadConfig } from '../../src/app/config/loadConfig.js';

const HEAD = `# Settings

<!-- Written by \`npm run docs:reference\` from the schema of the configuration. Do not edit. -->

Lethe reads its settings from these sources. Later ones override earlier ones:

1. [config/default.yaml](../config/default.yaml);
2. \`config/<environment>.yaml\`, if \`LETHE_ENV\` names an environment;
3. your own YAML file: \`lethe … --config my.yaml\`, or \`LETHE_CONFIG\`;
4. environment variables: \`LETHE_\`, then the path in capitals with \`__\` between its parts. For example,
   \`${variableOf('transport.topicPrefix')}\` sets \`transport.topicPrefix\`.

Secrets are refused in configuration files. Give them by a variable, or by a file that \`<variable>_FILE\` names.

\`lethe config check\` validates your settings. \`lethe config print --describe\` prints the settings in effect with these
descriptions. A wrong setting stops the start with exit code 78.
`;

/** The text of docs/settings.md: one table for each section of the configuration. */
export function settingsPage(): string {
  const { config } = loadConfig({ variables: {} });
  const sections = new Map<string, ConfigField[]>();
  for (const field of configFields()) {
    const [name = ''] = field.path.split('.');
    sections.set(name, [...(sections.get(name) ?? []), field]);
  }
  return [HEAD, ...[...sections].map(([name, fields]) => table(name, fields, config))].join('\n');
}

function table(name: string, fields: readonly ConfigField[], config: unknown): string {
  const rows = fields.map(({ path, description = '', secret }) => {
    const preset = secret ? 'secret' : shown(valueAt(config, path.split('.')));
    return `| \`${path}\` | ${preset} | ${description.replaceAll('|', '\\|')} |`;
  });
  return [`## ${name}`, '| setting | default | description |', '|---|---|---|', ...rows, ''].join('\n');
}

function valueAt(tree: unknown, [key, ...rest]: readonly string[]): unknown {
  if (key === undefined) return tree;
  if (typeof tree !== 'object' || tree === null) return undefined;
  const entry = Object.entries(tree).find(([name]) => name === key);
  return valueAt(entry?.[1], rest);
}

function shown(value: unknown): string {
  return value === undefined ? '' : `\`${JSON.stringify(value)}\``;
}
