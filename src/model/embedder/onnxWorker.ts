import { parentPort, workerData } from 'node:worker_threads';
import { toLetheError } from '../../domain/errors.js';
import { onnxEmbedderSchema } from './onnxDescription.js';
import type { EmbedRequest, WorkerReply } from './onnxProtocol.js';
import { type OnnxSession, openOnnxSession } from './onnxSession.js';

/** The thread of one ONNX embedder: requests in, vectors out, one after the other; ends at the message `null`. */
const port = parentPort;
if (port === null) throw new Error('onnxWorker runs as a worker thread only');

const reply = (message: WorkerReply, transfer: ArrayBuffer[] = []): void =>
  port.postMessage(message, transfer);

async function answer(session: OnnxSession, { id, pixels }: EmbedRequest): Promise<void> {
  try {
    const vectors = await session.run(pixels);
    reply({ kind: 'embedded', id, vectors }, [vectors.buffer]);
  } catch (error) {
    reply({ kind: 'failed', id, error: toLetheError(error).toJSON() });
  }
}

try {
  const session = await openOnnxSession(onnxEmbedderSchema.parse(workerData));
  let last = Promise.resolve();
  port.on('message', (request: EmbedRequest | null) => {
    if (request !== null) last = last.then(() => answer(session, request));
    else last = last.then(() => session.release()).then(() => port.close());
  });
  reply({ kind: 'ready', dimension: session.dimension });
} catch (error) {
  reply({ kind: 'invalid', error: toLetheError(error, 'embedder-invalid').toJSON() });
}
