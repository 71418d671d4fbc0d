import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { oneOperatorModel } from './onnxGraph.js';

/** Products of float64 matrices at the speed of a BLAS. Matrices lie row by row. */
export interface DoubleProducts {
  /** a b for a [n, k] and b [k, m]: shape [n, m]. */
  times(a: Float64Array, b: Float64Array, k: number): Promise<Float64Array>;
  /** a b^T for a [n, k] and b [m, k]: shape [n, m]. */
  timesTransposed(a: Float64Array, b: Float64Array, k: number): Promise<Float64Array>;
  /** a^T a for a [n, width]: shape [width, width]. */
  gram(a: Float64Array, width: number): Promise<Float64Array>;
  release(): Promise<void>;
}

/**
 * ONNX Runtime as the BLAS (docs/decisions/0005-exact-search.md). A product blocks the thread that asks for it.
 * @param threads of a product; by default one a core
 */
export async function createDoubleProducts(threads?: number): Promise<DoubleProducts> {
  const onnx = await import('onnxruntime-node');
  const options = threads === undefined ? {} : { intraOpNumThreads: threads };
  const open = (model: Uint8Array): Promise<InferenceSession> => onnx.InferenceSession.create(model, options);
  const [plain, right, left] = await Promise.all([
    open(product()),
    open(product({ transB: 1 })),
    open(product({ transA: 1 })),
  ]);
  const tensor = (values: Float64Array, columns: number): Tensor =>
    new onnx.Tensor('float64', values, [values.length / columns, columns]);
  const run = async (session: InferenceSession, a: Tensor, b: Tensor): Promise<Float64Array> => {
    const { c } = await session.run({ a, b });
    if (c?.data instanceof Float64Array) return c.data;
    throw new TypeError('ONNX Runtime gave no product of doubles');
  };
  return {
    times: (a, b, k) => run(plain, tensor(a, k), tensor(b, b.length / k)),
    timesTransposed: (a, b, k) => run(right, tensor(a, k), tensor(b, k)),
    gram: (a, width) => run(left, tensor(a, width), tensor(a, width)),
    release: async () => {
      await Promise.all([plain, right, left].map((session) => session.release()));
    },
  };
}

function product(transposed: { readonly transA?: 1; readonly transB?: 1 } = {}): Uint8Array {
  return oneOperatorModel({
    operator: 'Gemm',
    type: 'float64',
    inputs: [
      { name: 'a', sizes: ['a0', 'a1'] },
      { name: 'b', sizes: ['b0', 'b1'] },
    ],
    output: { name: 'c', sizes: ['n', 'm'] },
    attributes: transposed,
  });
}
