import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { z } from 'zod';
import { secretsIn } from '../app/config/secrets.js';
import { type LetheError, toLetheError } from '../domain/errors.js';
import { scrubber } from '../telemetry/scrub.js';
import { auditCommand } from './audit.js';
import { configCommand } from './config.js';
import { datasetCommand } from './dataset.js';
import { deadLettersCommand } from './deadLetters.js';
import { demoCommand } from './demo.js';
import { embedderCommand } from './embedder.js';
import { eraseCommand } from './erase.js';
import { experimentCommand } from './experiment.js';
import type { CliIo } from './io.js';
import { learnCommand } from './learn.js';
import { produceCommand } from './produce.js';
import { relearnCommand } from './relearn.js';
import { runCommand } from './run.js';
import { statusCommand } from './status.js';
import { stylist } from './style.js';
import { topicsCommand } from './topics.js';
import { unlearnCommand } from './unlearn.js';
import { verifyCommand } from './verify.js';

/** 78 is EX_CONFIG of sysexits.h: supervisors tell it from a crash. */
const EXIT = { ok: 0, failure: 1, usage: 2, config: 78 } as const;

const packageSchema = z.object({ version: z.string() });

/**
 * Runs `lethe` with these arguments.
 * @returns the exit code: 0 done, 1 failed, 2 not called rightly, 78 not configured rightly
 */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  try {
    await createProgram(io).parseAsync(argv, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const failure = toLetheError(error);
    const clean = scrubber(secretsIn(io.variables));
    io.stderr.write(
      clean(argv.includes('--json') ? `${JSON.stringify({ error: failure })}\n` : explained(failure, io)),
    );
    return failure.code === 'config-invalid' ? EXIT.config : EXIT.failure;
  }
}

function createProgram(io: CliIo): Command {
  const program = new Command('lethe')
    .description(
      'Lethe learns new classes, forgets classes on request and answers live, from streams of images.',
    )
    .version(version())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
    })
    .showHelpAfterError('(--help tells more)')
    .addHelpText(
      'after',
      `
Examples:
  $ lethe demo                               see it work, on bundled images
  $ lethe run                                start it; then, in another terminal:
  $ lethe learn animals --task animals       a folder <class>/<image>
  $ lethe produce queries cat.jpg            ask
  $ lethe unlearn cat                        forget
  $ lethe erase cat                          forget for good
  $ lethe status

Exit codes: 0 done, 1 failed, 2 not called rightly, 78 not configured rightly. NO_COLOR is respected.`,
    );
  const commands = [
    demoCommand(io),
    runCommand(io),
    learnCommand(io),
    unlearnCommand(io),
    relearnCommand(io),
    eraseCommand(io),
  ];
  commands.push(
    produceCommand(io),
    statusCommand(io),
    datasetCommand(io),
    embedderCommand(io),
    experimentCommand(io),
    topicsCommand(io),
    deadLettersCommand(io),
    auditCommand(io),
    verifyCommand(io),
    configCommand(io),
  );
  for (const command of commands) program.addCommand(inheriting(command, program));
  return program;
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
  return `${styled('red', 'error')} ${code}: ${message}${where && ` (${where})`}. ${remedy}\n`;
}

function version(): string {
  return packageSchema.parse(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')))
    .version;
}
