/** adam.wat as binary WebAssembly, in base64; a test compiles it again and compares. */
export const STEP =
  'AGFzbQEAAAABCAFgBH99fX0AAwIBAAUDAQAEBxECBm1lbW9yeQIABHN0ZXAAAAq6AQG3AQIBfwR7A0AgBP0ABAAhBSAE/QAEgIAEIAP9EyAF/eYB/eQBIQZDZmZmP/0TIAT9AASAgAj95gFDzczMPf0TIAb95gH95AEhB0N3vn8//RMgBP0ABICADP3mAUNvEoM6/RMgBiAG/eYB/eYB/eQBIQggBCAH/QsEgIAIIAQgCP0LBICADCAEIAUgAf0TIAf95gEgCP3jASAC/RP95AH95wH95QH9CwQAIARBEGohBCAEIABJDQALCw==';

/** Numbers of a parameter that are in the kernel's memory at a time. */
const PART = 16_384;

/** What is used here of WebAssembly; the types of Node leave it out. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

interface Kernel {
  readonly memory: { readonly buffer: ArrayBuffer };
  /** The bytes of p in memory; more than a multiple of 16 are computed up to the next one. */
  readonly step: (bytes: number, size: number, epsilon: number, decay: number) => void;
}

const kernel = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(STEP, 'base64')))
  .exports as Kernel;
const [P, G, M, V] = [0, 1, 2, 3].map(
  (place) => new Float32Array(kernel.memory.buffer, place * PART * Float32Array.BYTES_PER_ELEMENT, PART),
) as [Float32Array, Float32Array, Float32Array, Float32Array];

/**
 * One step of Adam over arrays of one length, all in float32: a WebAssembly kernel of four numbers at a time. In plain
 * JavaScript the same took a fifth of a training step beside native TensorFlow.
 * @param p the parameter, changed in place
 * @param g its gradient
 * @param m running mean of the gradients, changed in place
 * @param v running mean of their squares, changed in place
 * @param size step size over the bias correction
 * @param decay factor of p in the gradient
 */
export function stepInPlace(
  p: Float32Array,
  g: Float32Array,
  m: Float32Array,
  v: Float32Array,
  { size, epsilon, decay }: { readonly size: number; readonly epsilon: number; readonly decay: number },
): void {
  for (let start = 0; start < p.length; start += PART) {
    const end = Math.min(start + PART, p.length);
    P.set(p.subarray(start, end));
    G.set(g.subarray(start, end));
    M.set(m.subarray(start, end));
    V.set(v.subarray(start, end));
    const length = end - start;
    kernel.step(length * Float32Array.BYTES_PER_ELEMENT, size, epsilon, decay);
    p.set(P.subarray(0, length), start);
    m.set(M.subarray(0, length), start);
    v.set(V.subarray(0, length), start);
  }
}
