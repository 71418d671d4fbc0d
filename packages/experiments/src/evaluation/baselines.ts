import type { ModelVersion } from 'lethe/internal/domain/messages/model.js';
import type { Classifier } from 'lethe/internal/model/classifier.js';
import type { Trainer, TrainingProgress, TrainingTask } from 'lethe/internal/model/trainer.js';
import { classesAfter, type Protocol, type ProtocolStep } from '../protocol.js';
import type { ClassKnowledge } from './knowledge.js';
import { type BaselineModel, rehearsalFor, trainingTask, trainSequence } from './trainSequence.js';

/** What baselines are trained with: the learner of the live system, or the analytic one. */
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

/**
 * Retrain, stricter than the paper's: after every step from the first unlearning on a new model from scratch, on all
 * remaining classes together. Nothing was ever learned one after the other, so it is what a learner can reach at most.
 * @param first number of the first step with such a model
 */
export async function trainJointly(
  protocol: Protocol,
  tools: BaselineTools,
  first = protocol.findIndex(({ kind }) => kind === 'unlearn'),
): Promise<BaselineModels> {
  const models = new Map<string, BaselineModel>();
  for (const [index, { name }] of protocol.entries()) {
    if (first < 0 || index < first) continue;
    const anew = { name, classes: classesAfter(protocol, index).remaining };
    for (const [step, model] of await train('Jointly', [anew], tools)) models.set(step, model);
  }
  return models;
}

/**
 * Restore: an unlearning goes back to the model before the task that brought the class, and runs that task and all later
 * ones again without it. The time of such a step is that of all tasks that were run again.
 * @param before models of the tasks before the first unlearning, as the live run trained them
 */
export async function trainRestore(
  protocol: Protocol,
  before: BaselineModels,
  tools: BaselineTools,
): Promise<BaselineModels> {
  const models = new Map<string, BaselineModel>();
  let lineage: LearnedTask[] = [];
  for (const [index, step] of protocol.entries()) {
    const shared = models.size === 0 ? before.get(step.name) : undefined;
    if (shared && step.kind === 'learn') {
      lineage.push({ name: step.name, classes: step.classes, learned: shared });
      continue;
    }
    const { kept, again } = toRunAgain(lineage, step);
    const from = kept.at(-1)?.learned.model;
    const tasks = again.map(({ name, classes }) => ({ name: `${step.name}-${name}`, classes }));
    const trained = [...(await train(`Restore-${index}`, tasks, tools, from)).values()];
    lineage = [...kept, ...trained.map((learned, place) => ({ ...(again[place] as NamedClasses), learned }))];
    const last = lineage.at(-1)?.learned;
    if (!last) throw new RangeError(`no class is left after ${step.name}`);
    models.set(step.name, { ...last, seconds: trained.reduce((sum, { seconds }) => sum + seconds, 0) });
  }
  return models;
}

/** The models of a live run: every task on top of the one before, told what is unlearned by then. */
export async function trainLive(protocol: Protocol, tools: BaselineTools): Promise<BaselineModels> {
  const steps = protocol.flatMap(({ kind, name, classes }, index) =>
    kind === 'learn' ? [{ name, classes, unlearned: classesAfter(protocol, index).unlearned }] : [],
  );
  return train('Live', steps, tools);
}

interface NamedClasses {
  readonly name: string;
  readonly classes: readonly string[];
}

/** A task in a model's history, and the model after it. */
interface LearnedTask extends NamedClasses {
  readonly learned: BaselineModel;
}

/** Which tasks stay as they are, and which are to be run (again) for this step. */
function toRunAgain(
  lineage: readonly LearnedTask[],
  { kind, name, classes }: ProtocolStep,
): { readonly kept: readonly LearnedTask[]; readonly again: readonly NamedClasses[] } {
  if (kind === 'learn') return { kept: lineage, again: [{ name, classes }] };
  const touched = lineage.findIndex((task) => task.classes.some((each) => classes.includes(each)));
  const again = lineage
    .slice(touched)
    .map((task) => ({ name: task.name, classes: task.classes.filter((each) => !classes.includes(each)) }))
    .filter((task) => task.classes.length > 0);
  return { kept: lineage.slice(0, touched), again };
}

/** The classifiers alone. */
export function classifiersOf(models: BaselineModels): ReadonlyMap<string, Classifier> {
  return new Map([...models].map(([step, { classifier }]) => [step, classifier]));
}

async function train(
  baseline: string,
  steps: readonly (NamedClasses & { readonly unlearned?: readonly string[] })[],
  { newTrainer, load, knowledge, dimension, onProgress }: BaselineTools,
  from?: ModelVersion,
): Promise<BaselineModels> {
  const trainer = await newTrainer(`${baseline}-${steps[0]?.name}`, from);
  const tasks = steps.map(({ name, classes, unlearned = [] }, index): TrainingTask => {
    const before = [...(from?.classes ?? []), ...steps.slice(0, index).flatMap((step) => step.classes)];
    const known = before.filter((each) => !unlearned.includes(each));
    const rehearsal =
      trainer.rehearsal && known.length > 0
        ? rehearsalFor(known, knowledge, dimension, trainer.rehearsal)
        : undefined;
    return {
      ...trainingTask(name, classes, knowledge, dimension, unlearned),
      ...(rehearsal && { rehearsal }),
    };
  });
  const models = await trainSequence(tasks, { trainer, load }, (task, progress) =>
    onProgress(baseline, task, progress),
  );
  return new Map(models.map((model, index) => [tasks[index]?.task ?? '', model]));
}
