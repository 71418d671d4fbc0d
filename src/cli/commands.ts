import type { Command } from 'commander';
import { experimentsCommand } from './experiments.js';
import type { CliIo } from './io.js';

/**
 * The commands by name, in the order in which help lists them. Each is loaded when it is called, so that no command waits
 * for the libraries of another.
 */
const COMMANDS: Readonly<Record<string, (io: CliIo) => Promise<Command>>> = {
  demo: (io) => experimentsCommand('demo', io),
  try: async (io) => (await import('./try.js')).tryCommand(io),
  run: async (io) => (await import('./run.js')).runCommand(io),
  ask: async (io) => (await import('./ask.js')).askCommand(io),
  evaluate: async (io) => (await import('./evaluate.js')).evaluateCommand(io),
  learn: async (io) => (await import('./learn.js')).learnCommand(io),
  unlearn: async (io) => (await import('./unlearn.js')).unlearnCommand(io),
  relearn: async (io) => (await import('./relearn.js')).relearnCommand(io),
  erase: async (io) => (await import('./erase.js')).eraseCommand(io),
  produce: async (io) => (await import('./produce.js')).produceCommand(io),
  status: async (io) => (await import('./status.js')).statusCommand(io),
  workers: async (io) => (await import('./workers.js')).workersCommand(io),
  dataset: async (io) => (await import('./dataset.js')).datasetCommand(io),
  embedder: async (io) => (await import('./embedder.js')).embedderCommand(io),
  experiment: (io) => experimentsCommand('experiment', io),
  topics: async (io) => (await import('./topics.js')).topicsCommand(io),
  'dead-letters': async (io) => (await import('./deadLetters.js')).deadLettersCommand(io),
  audit: async (io) => (await import('./audit.js')).auditCommand(io),
  verify: async (io) => (await import('./verify.js')).verifyCommand(io),
  config: async (io) => (await import('./config.js')).configCommand(io),
};

/** The commands that these arguments can reach: one; none for the version only; or all, for help and suggestions. */
export function commandsFor(argv: readonly string[], io: CliIo): Promise<Command[]> {
  const [first = ''] = argv;
  if (first === '--version' || first === '-V') return Promise.resolve([]);
  const called = Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined;
  const wanted = called ? [called] : Object.values(COMMANDS);
  return Promise.all(wanted.map((load) => load(io)));
}
