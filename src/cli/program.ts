import { Command, CommanderError } from 'commander';
import { letheVersion } from '../app/version.js';
import { helpOf } from '../domain/errorCatalogue.js';
import { LetheError, toLetheError } from '../domain/errors.js';
import { jsonLine, visible, visibleLines } from '../domain/visible.js';
import { scrubber } from '../telemetry/scrub.js';
import { commandsFor } from './commands.js';
import type { CliIo } from './io.js';
import { stylist } from './style.js';

/** 78 is EX_CONFIG of sysexits.h: supervisors tell it from a crash. */
const EXIT = { ok: 0, failure: 1, usage: 2, config: 78 } as const;

/**
 * Runs `lethe` with these arguments.
 * @returns the exit code: 0 success, 1 failure, 2 wrong usage, 78 wrong configuration
 */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  try {
    const program = createProgram(io, argv.includes('--json'));
    for (const command of await commandsFor(argv, io)) program.addCommand(inheriting(command, program));
    await program.parseAsync(argv, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.ok;
      if (argv.includes('--json')) io.stderr.write(`${jsonLine(withHelp(wrongUsage(error)))}\n`);
      return EXIT.usage;
    }
    const failure = toLetheError(error);
    // Loaded by those that fail: what knows the secrets is a fair part of what starts a command.
    const { secretsIn } = await import('../app/config/secrets.js');
    const clean = scrubber(secretsIn(io.variables));
    io.stderr.write(
      clean(argv.includes('--json') ? `${jsonLine(withHelp(failure))}\n` : explained(failure, io)),
    );
    return failure.code === 'config-invalid' ? EXIT.config : EXIT.failure;
  }
}

/** @param json whether the caller asked for errors as JSON */
function createProgram(io: CliIo, json: boolean): Command {
  return new Command('lethe')
    .description(
      'Lethe learns new classes from streams of images, forgets classes on request, and answers queries live.',
    )
    .version(letheVersion())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      // It repeats arguments.
      writeErr: (text) => json || io.stderr.write(visibleLines(text)),
    })
    .showHelpAfterError('(see --help)')
    .addHelpText(
      'after',
      `
Examples:
  $ lethe demo                               watch Lethe work on bundled images
  $ lethe run                                start Lethe; then, in another terminal:
  $ lethe learn animals --task animals       a folder <class>/<image>
  $ lethe ask cat.jpg                        query
  $ lethe unlearn cat                        forget, reversibly
  $ lethe erase cat                          forget for good
  $ lethe status

Exit codes: 0 success, 1 failure, 2 wrong usage, 78 wrong configuration. Lethe respects NO_COLOR.`,
    );
}

/** Commander hands its settings down only to commands that it creates itself. */
function inheriting(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) inheriting(child, command);
  return command;
}

function explained({ code, message, field, value, remedy }: LetheError, io: CliIo): string {
  const styled = stylist(io);
  const where = [field && `field ${field}`, value && `value ${value}`].filter(Boolean).join(', ');
  const text = visible(`${code}: ${message}${where && ` (${where})`}. ${remedy} See ${helpOf(code)}.`);
  return `${styled('red', 'error')} ${text}\n`;
}

/** Of a command line that can't be read. */
function wrongUsage({ message }: CommanderError): LetheError {
  return new LetheError('invalid-message', message.replace(/^error: /, ''), {
    field: 'arguments',
    remedy: 'See the --help of the command.',
  });
}

function withHelp(failure: LetheError) {
  return { error: { ...failure.toJSON(), help: helpOf(failure.code) } };
}
