import type { ModelVersion } from '../../domain/messages/model.js';
import type { Classifier } from '../../model/classifier.js';
import type { Trainer, TrainingProgress, TrainingTask } from '../../model/trainer.js';
import { classesAfter, type Protocol } from '../protocol.js';
import type { ClassKnowledge } from './knowledge.js';
import { type BaselineModel, trainingTask, trainSequence } from './trainSequence.js';

/** What baselines are trained with: the learner of the live system. */
export interface BaselineTools {
  /** A trainer that goes on from a model, or starts from nothing; `name` is for its checkpoints. */
  readonly newTrainer: (name: string, from?: ModelVersion) => Promise<Trainer>;
  readonly load: (model: ModelVersion) => Promise<Classifier>;
  readonly knowledge: ReadonlyMap<string, ClassKnowledge>;
  readonly dimension: number;
  readonly onProgress: (baseline: string, task: TrainingTask, progress: TrainingProgress) => void;
}

/** Models of a baseline by the step after which they came. */
export type BaselineModels = ReadonlyMap<string, BaselineModel>;

/**
 * CIL-only: learns every task of the protocol and forgets nothing.
 * @param initial the live model of the first task, which was trained before anything was unlearned: CIL-only shares it
 */
export function trainCilOnly(
  protocol: Protocol,
  initial: ModelVersion,
  tools: BaselineTools,
): Promise<BaselineModels> {
  const later = protocol.slice(1).filter(({ kind }) => kind === 'learn');
  return train('CIL only', later, tools, initial);
}

/**
 * Retrain: for every unlearning a new model from scratch, on the remaining classes together; the tasks that follow are
 * learned on top of it, as in Table 1 of the paper.
 */
export async function trainRetrain(protocol: Protocol, tools: BaselineTools): Promise<BaselineModels> {
  const models = new Map<string, BaselineModel>();
  for (const [index, request] of protocol.entries()) {
    if (request.kind !== 'unlearn') continue;
    const next = protocol.findIndex(({ kind }, other) => kind === 'unlearn' && other > index);
    const later = protocol.slice(index + 1, next < 0 ? undefined : next);
    const anew = { name: request.name, classes: classesAfter(protocol, index).remaining };
    for (const [step, model] of await train('Retrain', [anew, ...later], tools)) models.set(step, model);
  }
  return models;
}

/** The classifiers alone. */
export function classifiersOf(models: BaselineModels): ReadonlyMap<string, Classifier> {
  return new Map([...models].map(([step, { classifier }]) => [step, classifier]));
}

async function train(
  baseline: string,
  steps: readonly { readonly name: string; readonly classes: readonly string[] }[],
  { newTrainer, load, knowledge, dimension, onProgress }: BaselineTools,
  from?: ModelVersion,
): Promise<BaselineModels> {
  const tasks = steps.map(({ name, classes }) => trainingTask(name, classes, knowledge, dimension));
  const trainer = await newTrainer(`${baseline}-${steps[0]?.name}`, from);
  const models = await trainSequence(tasks, { trainer, load }, (task, progress) =>
    onProgress(baseline, task, progress),
  );
  return new Map(models.map((model, index) => [tasks[index]?.task ?? '', model]));
}
