import { Command } from 'commander';
import { fig5Command } from './experimentFig5.js';
import { mistakesCommand, tsneCommand } from './experimentPictures.js';
import { table1Command } from './experimentTable1.js';
import type { CliIo } from './io.js';

/** `lethe experiment`: the paper's experiments, with its figures beside. */
export function experimentCommand(io: CliIo): Command {
  return new Command('experiment')
    .description("run the paper's experiments and compare with its figures (docs/experiments.md)")
    .addCommand(table1Command(io))
    .addCommand(fig5Command(io))
    .addCommand(tsneCommand(io))
    .addCommand(mistakesCommand(io));
}
