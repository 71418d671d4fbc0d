import type { Tensorflow } from '../tensorflow/tensorflow.js';
import type { Schedule } from './config.js';
import { grownHead, headOf, withTrained } from './head.js';
import type { Prototype, SsreState } from './network.js';
import { type EpochReport, type Objective, type OptimiserState, optimise } from './optimise.js';
import { prototypesOf } from './prototypes.js';
import type { Random } from './random.js';
import { randomOfTask } from './taskRandom.js';

/** Called and awaited after every epoch. */
export type OnEpoch = (report: EpochReport) => Promise<void> | void;

/** What SSRE knows beside the trunk. */
export type Learned = Pick<SsreState, 'tasks' | 'classes' | 'head' | 'prototypes'>;

/** Before the first task. */
export const NOTHING_LEARNED: Learned = {
  tasks: 0,
  classes: [],
  head: { rows: new Float32Array(0), bias: new Float32Array(0) },
  prototypes: [],
};

/** What the network of a task does: it learns as a whole in the first task, by side branches in a later one. */
export interface TaskNetwork<Trunk> {
  /** Width of its features. */
  readonly width: number;
  /** @param prototypes those of the classes in the first rows of `head` */
  objective(
    head: SsreState['head'],
    prototypes: readonly Prototype[],
  ): Objective & { readonly dispose?: () => void };
  /** The trunk for inference once the objective is minimised, and the features of the task's inputs, shape [n, width]. */
  finished(random: ReturnType<typeof randomOfTask>): {
    readonly trunk: Trunk;
    readonly features: Float32Array;
  };
}

/**
 * Trains the classifier together with the network of one task (SSRE: Zhu et al., CVPR 2022); the same for vectors and images.
 * @param task its classes must be new. Classes in `unlearned` are neither replayed, nor in the selection weights, nor in
 * the softmax, and their rows stay as they are
 * @param networkOf draws the weights that learn
 * @param resume where a broken-off training of the same task was: it goes on from there
 * @throws LetheError `training-failed` where the loss is no longer finite
 */
export async function learnTask<Trunk>(
  tf: Tensorflow,
  before: Learned,
  task: {
    readonly classes: readonly string[];
    readonly labels: Int32Array;
    readonly unlearned?: readonly string[];
  },
  { seed, schedule }: { readonly seed: number; readonly schedule: Schedule },
  networkOf: (random: Random) => TaskNetwork<Trunk>,
  onEpoch: OnEpoch,
  resume?: OptimiserState,
): Promise<Learned & { readonly trunk: Trunk }> {
  const randomFor = randomOfTask(seed, before.tasks);
  const random = randomFor('weights');
  const network = networkOf(random);
  const { width } = network;
  const remembered = [...before.classes.entries()]
    .filter(([, name]) => !task.unlearned?.includes(name))
    .map(([index]) => index);
  const head = grownHead(headOf(before.head, remembered, width), task.classes.length, width, random);
  const prototypes = before.prototypes.filter((_, index) => remembered.includes(index));
  const objective = network.objective(head, prototypes);
  try {
    await optimise(tf, objective, schedule, (epoch) => randomFor('epochs', epoch), onEpoch, resume);
  } finally {
    objective.dispose?.();
  }
  const { trunk, features } = network.finished(randomFor);
  const added = prototypesOf(features, task.labels, task.classes.length, width, randomFor('prototypes'));
  return {
    tasks: before.tasks + 1,
    classes: [...before.classes, ...task.classes],
    trunk,
    head: withTrained(before.head, head, remembered, width),
    prototypes: [...before.prototypes, ...added],
  };
}
