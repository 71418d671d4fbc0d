import { fileURLToPath } from 'node:url';
import { LetheError } from '../../domain/errors.js';
import { createTurns } from '../../domain/inTurn.js';
import type { ModelVersion } from '../../domain/messages/model.js';
import { unhurried } from '../../domain/pace.js';
import { calibrationVectors } from '../analytic/calibrate.js';
import type { TensorflowBackend } from '../tensorflow/loadTensorflow.js';
import type {
  ClassVectors,
  Rebuilder,
  Revision,
  Trainer,
  TrainingNotice,
  TrainingProgress,
  TrainingTask,
} from '../trainer.js';
import { checkTask } from './checkTask.js';
import type { Computing, FromWorker, LearnerSettings, ToWorker } from './messages.js';
import { startWorker, type WorkerProcess } from './workerProcess.js';

/** Vectors sent at a time: a message takes the event loop of either process for about a millisecond. */
const CHUNK = 128;

/** The learner with its settings, and what all learners need. */
export type TrainerOptions = LearnerSettings & TrainingPlace;

export interface TrainingPlace {
  /** Folder below which checkpoints are written. */
  readonly checkpoints: string;
  readonly backend: 'auto' | TensorflowBackend;
  /** Components of the vectors. */
  readonly dimension: number;
  /**
   * The model to continue from; without it the first task starts from nothing. Or who tells before every step which model
   * is current: what was made here but never became current is then not built upon.
   */
  readonly from?: ModelVersion | (() => ModelVersion | null);
  /** Gives the local folder of the checkpoint of `from`; by default its URI is that of a local folder. */
  readonly resolve?: (model: ModelVersion) => Promise<string>;
  /** Told that a task was resumed, found trained, or can't be saved on its way. */
  readonly onNotice?: (notice: TrainingNotice) => void;
  /** Threads of native TensorFlow; by default one a core. */
  readonly threads?: number;
  /** The first training process, where it was started before the rest was known. */
  readonly starting?: StartingWorker;
}

/** A training process that gets ready on its own. */
export interface StartingWorker {
  readonly ready: Promise<StartedWorker>;
  /** Ends it, ready or not. */
  kill(): Promise<void>;
}

/**
 * A trainer whose work is done by a child process of lower priority: neither its load nor its crash reaches the caller.
 * A child that dies fails its task with `training-failed`; the next task gets a new one, which goes on from the last
 * checkpoint. Tasks are trained one after the other, in the order of the calls. The same task given again, to this trainer
 * or to a later one on the same folder, goes on after the last saved epoch, or is found trained.
 * @throws LetheError `backend-unavailable`
 */
export async function createTrainer(options: TrainerOptions): Promise<Trainer & Rebuilder> {
  /** What was made here last. */
  let model: ModelVersion | null = null;
  let rebuilt: ModelVersion | null = null;
  let closed = false;
  const turns = createTurns();
  let worker: StartedWorker | null = await (options.starting ?? startTraining(options)).ready;
  const { backend } = worker;

  /** What this trainer made lies in its folder; what it was given, wherever its URI says. */
  const baseOf = async (base: ModelVersion | null): Promise<Base | null> => {
    if (base === null) return null;
    const { resolve = async ({ checkpoint }: ModelVersion) => fileURLToPath(checkpoint) } = options;
    const own = [model, rebuilt].find((made) => made?.sha256 === base.sha256);
    return { folder: own ? fileURLToPath(own.checkpoint) : await resolve(base), sha256: base.sha256 };
  };

  const take = async (
    step: Step,
    base: ModelVersion | null,
    onProgress: (progress: TrainingProgress) => void,
  ): Promise<ModelVersion> => {
    worker ??= await startTraining(options).ready;
    const current = worker;
    try {
      return await takeIn(current.process, step, options, await baseOf(base), onProgress);
    } catch (error) {
      if (current.process.hasEnded()) worker = null;
      throw error;
    }
  };

  /** One step at a time, each told the model that it is taken on top of. */
  const inTurn = (work: (base: ModelVersion | null) => Promise<ModelVersion>): Promise<ModelVersion> =>
    turns(async () => {
      if (closed) throw failed('the trainer is closed', 'Start a new trainer.');
      const { from = null } = options;
      return work(typeof from === 'function' ? from() : (model ?? from));
    });

  return {
    backend,
    ...rehearsalOf(options),
    ...calibrationOf(options),
    train: (task, onProgress) =>
      inTurn(async (base) => {
        checkTask(task, options.dimension, base?.classes ?? []);
        model = await take(task, base, onProgress);
        return model;
      }),
    rebuild: (task, onProgress) =>
      inTurn(async () => {
        checkTask(task, options.dimension, []);
        rebuilt = await take(task, null, onProgress);
        return rebuilt;
      }),
    adopt: ({ version }) => {
      if (rebuilt?.version === version) model = rebuilt;
    },
    ...('analytic' in options && {
      revise: (revision: Revision, onProgress: (progress: TrainingProgress) => void = () => undefined) =>
        inTurn(async (base) => {
          model = await take(asStep(revision, base), base, onProgress);
          return model;
        }),
    }),
    close: async () => {
      closed = true;
      await worker?.process.kill();
    },
  };
}

/** The checkpoint that a task is trained on top of. */
type Base = NonNullable<Extract<ToWorker, { kind: 'task' }>['base']>;

interface StartedWorker extends Computing {
  readonly process: WorkerProcess;
}

/** What is sent to the training process: a task, or a revision that has the form of one. */
type Step = TrainingTask & Pick<Partial<Revision>, 'forgotten' | 'anew'>;

/** @throws LetheError `no-model` where there is nothing to be revised */
function asStep({ returned, forgotten, staying, anew = false }: Revision, base: ModelVersion | null): Step {
  if (base === null) {
    throw new LetheError('no-model', 'there is no model to revise yet', {
      remedy: 'Learn a task first.',
    });
  }
  return { ...returned, task: base.task, unlearned: [], forgotten, anew, ...(staying && { staying }) };
}

/** What SSRE wants a task to bring of every class learned before. */
function rehearsalOf(settings: LearnerSettings): Pick<Trainer, 'rehearsal'> {
  if (!('ssre' in settings) || settings.ssre.rehearsal.perClass === 0) return {};
  const { seed, rehearsal } = settings.ssre;
  return { rehearsal: { perClass: rehearsal.perClass, seed } };
}

/** What the analytic learner wants of the classes that stay. */
function calibrationOf(settings: LearnerSettings): Pick<Trainer, 'calibration'> {
  return 'analytic' in settings && settings.analytic.calibrate ? { calibration: calibrationVectors } : {};
}

/** Starts a training process, which loads TensorFlow while its caller does other things. */
export function startTraining(
  options: LearnerSettings & Pick<TrainingPlace, 'backend' | 'checkpoints' | 'threads'>,
): StartingWorker {
  const { backend, checkpoints, threads } = options;
  const settings = 'ssre' in options ? { ssre: options.ssre } : { analytic: options.analytic };
  const process = startWorker(threads);
  const started = async (): Promise<StartedWorker> => {
    const answer = answers(process, (message) => (message.kind === 'ready' ? message : undefined));
    await process.send({ kind: 'start', settings, backend, checkpoints }).catch(() => undefined);
    try {
      const { backend, tried } = await answer;
      return { process, backend, tried };
    } catch (error) {
      await process.kill();
      throw error;
    }
  };
  return { ready: started(), kill: () => process.kill() };
}

async function takeIn(
  worker: WorkerProcess,
  task: Step,
  { dimension, onNotice }: TrainingPlace,
  base: Base | null,
  onProgress: (progress: TrainingProgress) => void,
): Promise<ModelVersion> {
  const { rehearsal, staying, forgotten, anew = false } = task;
  const chunks = chunksOf(
    [task, rehearsal, staying, forgotten].filter((part) => part !== undefined),
    dimension,
  );
  const sendChunk = (): void => {
    const { done, value } = chunks.next();
    // A send that fails shows as the end of the process, which rejects the answer.
    if (!done) void worker.send({ kind: 'chunk', ...value }).catch(() => undefined);
  };
  const sending = createTurns();
  const answer = answers(worker, (message) => {
    if (message.kind === 'more') void sending(() => unhurried(sendChunk));
    if (message.kind === 'progress') onProgress(message.progress);
    if (message.kind === 'notice') onNotice?.(message.notice);
    return message.kind === 'done' ? message.model : undefined;
  });
  await worker
    .send({
      kind: 'task',
      task: task.task,
      classes: [...task.classes],
      unlearned: [...task.unlearned],
      dimension,
      count: task.labels.length,
      rehearsal: announced(rehearsal),
      staying: announced(staying),
      forgotten: announced(forgotten),
      anew,
      base,
    })
    .catch(() => undefined);
  return answer;
}

function announced(part: ClassVectors | undefined): { classes: string[]; count: number } | null {
  return part ? { classes: [...part.classes], count: part.labels.length } : null;
}

/** The rows of all parts, one part after the other, in messages of less than a megabyte. */
function* chunksOf(
  parts: readonly Pick<TrainingTask, 'vectors' | 'labels'>[],
  dimension: number,
): Generator<Pick<TrainingTask, 'vectors' | 'labels'>, undefined> {
  for (const { vectors, labels } of parts) {
    for (let start = 0; start < labels.length; start += CHUNK) {
      const end = Math.min(start + CHUNK, labels.length);
      // Copies: the whole buffer behind a view would be sent.
      yield { vectors: vectors.slice(start * dimension, end * dimension), labels: labels.slice(start, end) };
    }
  }
  return undefined;
}

/**
 * Gives every message of the worker to `pick` until it returns something.
 * @throws LetheError as the worker reports it, or `training-failed` where the worker dies
 */
function answers<T>(worker: WorkerProcess, pick: (message: FromWorker) => T | undefined): Promise<T> {
  const answer = new Promise<T>((resolve, reject) => {
    worker.tell({
      message: (message) => {
        if (message.kind === 'failed') {
          const { error, retriable } = message;
          return reject(new LetheError(error.code, error.message, { ...error, retriable }));
        }
        try {
          const picked = pick(message);
          if (picked !== undefined) resolve(picked);
        } catch (error) {
          reject(error);
        }
      },
      ended: ({ how, killed, stderr }) =>
        reject(
          failed(
            `the training process ended (${how})${stderr ? `: ${stderr}` : ''}`,
            'Send the task again: a new process resumes at the last checkpoint. If it fails again, there may be too little memory.',
            killed,
          ),
        ),
    });
  });
  return answer.finally(() => worker.tell());
}

/** @param killed whether someone ended the process from outside: the system, for memory, or an operator */
function failed(message: string, remedy: string, killed = false): LetheError {
  const evidence = killed ? { killed } : undefined;
  return new LetheError('training-failed', message, { remedy, retriable: true, evidence });
}
