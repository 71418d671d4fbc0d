import { Command } from 'commander';
import { LetheError } from '../domain/errors.js';
import type { CliIo } from './io.js';

/** The package that has these commands. Nothing of Lethe imports it before one of them is called, or help is asked for. */
const PACKAGE = 'lethe-experiments';

/** Help texts of the commands of `lethe-experiments`, whether it is installed or not. */
export const EXPERIMENT_COMMANDS = {
  demo: "play the paper's protocol live on bundled CIFAR-10 images, print the results and write a report",
  experiment: "run the paper's experiments and compare with its figures (docs/experiments.md)",
  'dataset fetch': 'download, verify and decode a data set, unless it exists',
} as const;
export type ExperimentCommand = keyof typeof EXPERIMENT_COMMANDS;

/** The export `commands` of `lethe-experiments`: each loads what it needs. */
export type ExperimentCommands = Readonly<Record<ExperimentCommand, (io: CliIo) => Promise<Command>>>;

/** A command of `lethe-experiments`; if that is not installed, a replacement that says how to add it. */
export async function experimentsCommand(name: ExperimentCommand, io: CliIo): Promise<Command> {
  const commands = await installed();
  return commands === undefined ? absent(name) : commands[name](io);
}

/** @throws every error of the package itself, if it is installed */
async function installed(): Promise<ExperimentCommands | undefined> {
  let loaded: unknown;
  try {
    loaded = await import(PACKAGE);
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
  if (hasCommands(loaded)) return loaded.commands;
  throw notUsable('is installed in a version that does not match this Lethe', 'Install the version of Lethe');
}

/**
 * Matches the error for a missing package, or for a clone where it was not built. Only the message of Node says which
 * module is missing.
 */
const ABSENCE = new RegExp(
  `^Cannot find (package|module) '(.*[\\\\/])?${PACKAGE}([\\\\/]dist[\\\\/]index\\.js)?'`,
);

function isAbsence(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === 'ERR_MODULE_NOT_FOUND' &&
    ABSENCE.test(error.message)
  );
}

function hasCommands(loaded: unknown): loaded is { readonly commands: ExperimentCommands } {
  if (typeof loaded !== 'object' || loaded === null || !('commands' in loaded)) return false;
  const { commands } = loaded;
  return (
    typeof commands === 'object' &&
    commands !== null &&
    Object.keys(EXPERIMENT_COMMANDS).every((name) => name in commands)
  );
}

function absent(name: ExperimentCommand): Command {
  return new Command(name.split(' ').at(-1))
    .description(EXPERIMENT_COMMANDS[name])
    .argument('[arguments...]')
    .allowUnknownOption()
    .addHelpText('after', `\nThe package ${PACKAGE} has this command. It is not installed.`)
    .action(() => {
      throw notUsable(`has the command \`lethe ${name}\`, and is not installed`, 'Install it beside Lethe');
    });
}

function notUsable(what: string, remedy: string): LetheError {
  return new LetheError('backend-unavailable', `the package ${PACKAGE} ${what}`, {
    field: 'package',
    value: PACKAGE,
    remedy: `${remedy}: npm install ${PACKAGE}. A clone of the repository has it after \`node scripts/setup.mjs\`. The Docker image does not contain it and its files are read-only: run the command in a clone.`,
  });
}
