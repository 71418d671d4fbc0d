import { expect, it } from 'vitest';
import { computingWords } from '../../../src/app/adapters/computingWords.js';

it('says what a worker trains with, and where that is a slower substitute', () => {
  const gpu = { backend: 'tensorflow-gpu', reason: 'no GPU' } as const;
  const native = { backend: 'tensorflow', reason: 'not built' } as const;
  expect(computingWords({ backend: 'tensorflow', tried: [gpu] })).toBe(
    'trains with native TensorFlow on the CPU',
  );
  expect(computingWords({ backend: 'wasm', tried: [gpu, native] })).toBe(
    'trains with TensorFlow in WebAssembly, which is slower: native TensorFlow does not load here',
  );
  expect(computingWords({ backend: 'wasm', tried: [] })).toBe('trains with TensorFlow in WebAssembly');
  expect(computingWords({ backend: 'onnxruntime float64', tried: [] })).toBe(
    'trains with onnxruntime float64',
  );
});
