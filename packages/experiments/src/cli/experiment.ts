import { Command } from 'commander';
import { EXPERIMENT_COMMANDS } from 'lethe/internal/cli/experiments.js';
import type { CliIo } from 'lethe/internal/cli/io.js';
import { fig5Command } from './experimentFig5.js';
import { mistakesCommand, tsneCommand } from './experimentPictures.js';
import { table1Command } from './experimentTable1.js';

/** `lethe experiment`: the paper's experiments, with its figures beside. */
export function experimentCommand(io: CliIo): Command {
  return new Command('experiment')
    .description(EXPERIMENT_COMMANDS.experiment)
    .addCommand(table1Command(io))
    .addCommand(fig5Command(io))
    .addCommand(tsneCommand(io))
    .addCommand(mistakesCommand(io));
}
