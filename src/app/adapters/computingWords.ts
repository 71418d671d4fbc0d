import type { Computing } from '../../model/training/messages.js';

const WORDS: Readonly<Record<string, string>> = {
  'tensorflow-gpu': 'native TensorFlow on a GPU',
  tensorflow: 'native TensorFlow on the CPU',
  wasm: 'TensorFlow in WebAssembly',
  cpu: 'TensorFlow in plain JavaScript',
};

/** What this worker trains with, for its log; where that is a slower substitute, it says so. */
export function computingWords({ backend, tried }: Computing): string {
  const trains = `trains with ${WORDS[backend] ?? backend}`;
  const isSubstitute = tried.some((passedOver) => passedOver.backend === 'tensorflow');
  return isSubstitute ? `${trains}, which is slower: native TensorFlow does not load here` : trains;
}
