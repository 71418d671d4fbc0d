import { constants, getPriority, setPriority } from 'node:os';
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { diskError } from '../../domain/diskErrors.js';
import { LetheError, toLetheError } from '../../domain/errors.js';
import type { ModelVersion } from '../../domain/messages/model.js';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { readCheckpoint } from '../checkpoint/readCheckpoint.js';
import type { ClassVectors } from '../trainer.js';
import { type LoadedLearner, loadLearner } from './learners.js';
import type { FromWorker, ToWorker } from './messages.js';

// The training process: trains what its parent sends and answers with checkpoints. It is started by trainer.ts.

type TaskMessage = Extract<ToWorker, { kind: 'task' }>;

// Inference comes first: this process and the threads that it starts take what the others leave.
setPriority(Math.max(getPriority(), constants.priority.PRIORITY_LOW));
// Without its parent nobody wants its results.
process.on('disconnect', () => process.exit());

let learner: LoadedLearner | undefined;
let pending: { task: TaskMessage; vectors: Float32Array; labels: Int32Array; received: number } | undefined;
/** The last checkpoint made here, which the next task most probably builds on. */
let last: { sha256: string; checkpoint: Checkpoint } | undefined;

process.on('message', (message: ToWorker) => {
  handle(message).catch((error: unknown) => {
    pending = undefined;
    const failure = diskError(error) ?? toLetheError(error, 'training-failed');
    send({ kind: 'failed', error: failure.toJSON(), retriable: failure.retriable });
  });
});

async function handle(message: ToWorker): Promise<void> {
  switch (message.kind) {
    case 'start': {
      learner = await loadLearner(message.settings, message.backend, message.checkpoints);
      const { backend, tried } = learner;
      return send({ kind: 'ready', backend, tried });
    }
    case 'task': {
      const { dimension } = message;
      const count =
        message.count +
        [message.rehearsal, message.staying, message.forgotten].reduce(
          (sum, part) => sum + (part?.count ?? 0),
          0,
        );
      pending = {
        task: message,
        vectors: new Float32Array(count * dimension),
        labels: new Int32Array(count),
        received: 0,
      };
      return nextOf(pending);
    }
    case 'chunk': {
      if (!pending) return;
      pending.vectors.set(message.vectors, pending.received * pending.task.dimension);
      pending.labels.set(message.labels, pending.received);
      pending.received += message.labels.length;
      return nextOf(pending);
    }
  }
}

/** Asks for what is still to come of a task, or trains it. */
async function nextOf({ task, vectors, labels, received }: NonNullable<typeof pending>): Promise<void> {
  if (received < labels.length) return send({ kind: 'more' });
  pending = undefined;
  send({ kind: 'done', model: await train(task, vectors, labels) });
}

async function train(message: TaskMessage, vectors: Float32Array, labels: Int32Array): Promise<ModelVersion> {
  if (!learner)
    throw new LetheError('internal', 'a task arrived before the start message', { remedy: 'Report it.' });
  const { base, dimension, count } = message;
  const started = performance.now();
  let end = 0;
  /** The next part of what came, part by part in the order of sending. */
  const next = (size: number): Pick<ClassVectors, 'vectors' | 'labels'> => {
    const from = end;
    end += size;
    return {
      vectors: vectors.subarray(from * dimension, end * dimension),
      labels: labels.subarray(from, end),
    };
  };
  const own = next(count);
  const rehearsal = message.rehearsal && { ...message.rehearsal, ...next(message.rehearsal.count) };
  const staying = message.staying && { ...message.staying, ...next(message.staying.count) };
  const forgotten = message.forgotten && { ...message.forgotten, ...next(message.forgotten.count) };
  const { task: name, classes, unlearned, anew } = message;
  const { stored, checkpoint } = await learner.take(
    {
      task: name,
      classes,
      unlearned,
      dimension,
      base,
      ...own,
      ...(rehearsal && { rehearsal }),
      ...(staying && { staying }),
      forgotten,
      anew,
    },
    async () => (base === null ? null : await checkpointAt(base)),
    {
      onEpoch: async (epoch, epochs, loss) => {
        send({ kind: 'progress', progress: { epoch, epochs, loss, ms: performance.now() - started } });
        // Lets messages out and a lost parent be noticed: computing itself blocks.
        await setImmediate();
      },
      onNotice: (notice) => send({ kind: 'notice', notice }),
    },
  );
  const { version, folder, sha256 } = stored;
  const { state, task, backend } = checkpoint;
  last = { sha256, checkpoint };
  return {
    version,
    task,
    classes: [...state.classes],
    checkpoint: pathToFileURL(folder).href,
    sha256,
    dimension: state.dimension,
    backend,
  };
}

async function checkpointAt(base: { folder: string; sha256: string }): Promise<Checkpoint> {
  return last?.sha256 === base.sha256 ? last.checkpoint : readCheckpoint(base.folder, base.sha256);
}

function send(message: FromWorker): void {
  process.send?.(message);
}
