import { constants, setPriority } from 'node:os';
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { LetheError, toLetheError } from '../../domain/errors.js';
import type { ModelVersion } from '../../domain/messages/model.js';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { readCheckpoint } from '../checkpoint/readCheckpoint.js';
import { type LoadedTensorflow, loadTensorflow } from '../tensorflow/loadTensorflow.js';
import type { FromWorker, ToWorker } from './messages.js';
import { trainResumably } from './trainResumably.js';

// The training process: trains what its parent sends and answers with checkpoints. It is started by trainer.ts.

type TaskMessage = Extract<ToWorker, { kind: 'task' }>;

// Inference comes first: this process and the threads that it starts take what the others leave.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
// Without its parent nobody wants its results.
process.on('disconnect', () => process.exit());

let loaded: LoadedTensorflow | undefined;
let checkpoints = '';
let pending: { task: TaskMessage; vectors: Float32Array; labels: Int32Array; received: number } | undefined;
/** The last checkpoint made here, which the next task most probably builds on. */
let last: { sha256: string; checkpoint: Checkpoint } | undefined;

process.on('message', (message: ToWorker) => {
  handle(message).catch((error: unknown) => {
    pending = undefined;
    send({ kind: 'failed', error: toLetheError(error, 'training-failed').toJSON() });
  });
});

async function handle(message: ToWorker): Promise<void> {
  switch (message.kind) {
    case 'start': {
      loaded = await loadTensorflow(message.backend);
      checkpoints = message.checkpoints;
      return send({ kind: 'ready', backend: loaded.backend });
    }
    case 'task': {
      const { dimension } = message;
      const count = message.count + (message.rehearsal?.count ?? 0);
      pending = {
        task: message,
        vectors: new Float32Array(count * dimension),
        labels: new Int32Array(count),
        received: 0,
      };
      return send({ kind: 'more' });
    }
    case 'chunk': {
      if (!pending) return;
      pending.vectors.set(message.vectors, pending.received * pending.task.dimension);
      pending.labels.set(message.labels, pending.received);
      pending.received += message.labels.length;
      if (pending.received < pending.labels.length) return send({ kind: 'more' });
      const { task, vectors, labels } = pending;
      pending = undefined;
      return send({ kind: 'done', model: await train(task, vectors, labels) });
    }
  }
}

async function train(
  { rehearsal, ...message }: TaskMessage,
  vectors: Float32Array,
  labels: Int32Array,
): Promise<ModelVersion> {
  if (!loaded) throw new LetheError('internal', 'a task came before the start', { remedy: 'Report it.' });
  const { base, config, count, dimension } = message;
  const started = performance.now();
  const epochs =
    base === null
      ? config.initial.epochs
      : config.incremental.epochs + (rehearsal ? config.rehearsal.epochs : 0);
  const { stored, checkpoint } = await trainResumably(
    loaded,
    checkpoints,
    {
      ...message,
      vectors: vectors.subarray(0, count * dimension),
      labels: labels.subarray(0, count),
      ...(rehearsal && {
        rehearsal: {
          classes: rehearsal.classes,
          vectors: vectors.subarray(count * dimension),
          labels: labels.subarray(count),
        },
      }),
    },
    async () => (base === null ? null : (await checkpointAt(base)).state),
    {
      onEpoch: async ({ epoch, loss }) => {
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
