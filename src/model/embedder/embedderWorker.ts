import { parentPort, workerData } from 'node:worker_threads';
import { toLetheError } from '../../domain/errors.js';
import { createTurns } from '../../domain/inTurn.js';
import { loadTensorflow } from '../tensorflow/loadTensorflow.js';
import { embedderSchema } from './embedderDescription.js';
import type { EmbedderSession } from './session.js';
import type { EmbedRequest, WorkerReply } from './threadProtocol.js';

/** The thread of one embedder: requests in, vectors out, one after the other; ends at the message `null`. */
const port = parentPort;
if (port === null) throw new Error('embedderWorker runs as a worker thread only');

const reply = (message: WorkerReply, transfer: ArrayBuffer[] = []): void =>
  port.postMessage(message, transfer);

/** Each runtime is loaded only where it is used. */
async function open(): Promise<EmbedderSession> {
  const description = embedderSchema.parse(workerData);
  if (description.kind === 'onnx') return (await import('./onnxSession.js')).openOnnxSession(description);
  if (description.kind === 'text') return (await import('./textSession.js')).openTextSession(description);
  const { tf } = await loadTensorflow(description.backend);
  return (await import('./tfjsSession.js')).openTfjsSession(tf, description);
}

async function answer(session: EmbedderSession, { id, inputs }: EmbedRequest): Promise<void> {
  try {
    const vectors = await session.run(inputs);
    reply({ kind: 'embedded', id, vectors }, [vectors.buffer]);
  } catch (error) {
    reply({ kind: 'failed', id, error: toLetheError(error).toJSON() });
  }
}

try {
  const session = await open();
  const inTurn = createTurns();
  port.on('message', (request: EmbedRequest | null) => {
    void inTurn(async () => {
      if (request !== null) return answer(session, request);
      await session.release();
      port.close();
    });
  });
  reply({ kind: 'ready', dimension: session.dimension });
} catch (error) {
  reply({ kind: 'invalid', error: toLetheError(error, 'embedder-invalid').toJSON() });
}
