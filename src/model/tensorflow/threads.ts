import { availableParallelism } from 'node:os';

/** What the user set, read before anything here changes it. */
const chosenByUser = process.env.TF_NUM_INTRAOP_THREADS;

/**
 * Has native TensorFlow classify with one thread in this process, unless the user says otherwise: small batches are as
 * fast, and do not wait for the embedder's threads to leave a core. TensorFlow reads this once, when it is loaded, and
 * a worker thread can't set it any more: to be called first. Its chatter on standard error is switched off as well.
 */
export function prepareNativeTensorflow(): void {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  process.env.TF_NUM_INTRAOP_THREADS ??= '1';
}

/** Threads for training, which has a process of its own: the user's choice, else one a core. */
export function trainingThreads(): number | string {
  return chosenByUser ?? availableParallelism();
}
