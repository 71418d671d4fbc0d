import { Command } from 'commander';
import { loadConfig } from '../app/config/loadConfig.js';
import { printConfig, redacted } from '../app/config/printConfig.js';
import { withOutput } from './connection.js';
import { type CliIo, writeResult } from './io.js';

interface ConfigOptions {
  readonly config?: string;
  readonly describe?: true;
  readonly json?: true;
}

/** `lethe config`: checks and shows the configuration. */
export function configCommand(io: CliIo): Command {
  return new Command('config')
    .description('check and print the settings')
    .addCommand(checkCommand(io))
    .addCommand(printCommand(io));
}

function checkCommand(io: CliIo): Command {
  return withOutput(new Command('check'))
    .description('check the settings; an error names the field, its source and the allowed values')
    .option('--config <file>', 'configuration file')
    .addHelpText('after', '\nExample:\n  $ lethe config check --config my.yaml')
    .action(({ config: file, json }: ConfigOptions) => {
      const { sources } = loadConfig({ file, variables: io.variables });
      writeResult(io, json, { valid: true, sources }, `valid; read from ${sources.join(', ')}`);
    });
}

function printCommand(io: CliIo): Command {
  return withOutput(new Command('print'))
    .description('print the settings in effect as YAML, without secrets')
    .option('--config <file>', 'configuration file')
    .option('--describe', 'add a description to each field')
    .addHelpText('after', '\nExample:\n  $ lethe config print --describe > my.yaml')
    .action(({ config: file, describe, json }: ConfigOptions) => {
      const { config } = loadConfig({ file, variables: io.variables });
      const printed = printConfig(config, { describe: describe ?? false }).trimEnd();
      writeResult(io, json, redacted(config), printed.split('\n'));
    });
}
