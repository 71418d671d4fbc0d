/** The commands that this package adds to `lethe`, which finds it by its name. */
import type { ExperimentCommands } from 'lethe/internal/cli/experiments.js';

export const commands: ExperimentCommands = {
  demo: async (io) => (await import('./cli/demo.js')).demoCommand(io),
  experiment: async (io) => (await import('./cli/experiment.js')).experimentCommand(io),
  'dataset fetch': async (io) => (await import('./cli/datasetFetch.js')).datasetFetchCommand(io),
};
