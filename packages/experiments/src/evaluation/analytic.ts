import { NO_CLASSES } from 'lethe/internal/model/analytic/revise.js';
import type { TrainingProgress } from 'lethe/internal/model/trainer.js';
import type { Protocol } from '../protocol.js';
import type { BaselineModels, BaselineTools } from './baselines.js';
import { type BaselineModel, timedStep, trainingTask } from './trainSequence.js';

/**
 * The analytic learner as it works live (docs/decisions/0014-analytic-learner.md): a task adds the statistics of its classes, an unlearning takes
 * them out again, and the weights are solved for. There is a model after every step.
 * @param tools with a trainer that can revise
 * @throws RangeError where it can't
 */
export async function trainAnalytic(protocol: Protocol, tools: BaselineTools): Promise<BaselineModels> {
  const { newTrainer, load, knowledge, dimension, onProgress } = tools;
  const trainer = await newTrainer('Analytic');
  const { revise } = trainer;
  const models = new Map<string, BaselineModel>();
  try {
    if (!revise) throw new RangeError('this learner takes no class out of its model');
    for (const { kind, name, classes } of protocol) {
      const task = trainingTask(name, classes, knowledge, dimension);
      const take = (told: (progress: TrainingProgress) => void) =>
        kind === 'learn'
          ? trainer.train(task, told)
          : revise({ forgotten: task, returned: NO_CLASSES }, told);
      models.set(name, await timedStep(take, load, (progress) => onProgress('Analytic', task, progress)));
    }
  } finally {
    await trainer.close();
  }
  return models;
}
