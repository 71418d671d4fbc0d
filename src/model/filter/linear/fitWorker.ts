import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { createDoubleProducts } from '../../../blas/doubleProducts.js';
import { createTurns } from '../../../domain/inTurn.js';
import { DetectorFit } from './fitDetector.js';
import type { FitReply, FitRequest, FitterSettings } from './fitProtocol.js';

/** The thread that makes detectors: one request after the other. */
const port = parentPort;
if (port === null) throw new Error('fitWorker runs as a worker thread only');

const LOW_PRIORITY = 10;

// On Linux this is the thread's own priority: queries go first. Elsewhere it would be the process's.
if (process.platform === 'linux') setPriority(LOW_PRIORITY);

const fit = createDoubleProducts(1).then(
  (products) => new DetectorFit(workerData as FitterSettings, products),
);
const inTurn = createTurns();

async function answer(request: FitRequest): Promise<FitReply> {
  try {
    const own = await fit;
    if (request.kind === 'fit') return { ok: true, detector: await own.detector(request.keys) };
    await own.add(request.key, request);
    return { ok: true, detector: null };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}

port.on('message', (request: FitRequest) => {
  void inTurn(async () => port.postMessage(await answer(request)));
});
