import { oneOperatorModel } from './onnxGraph.js';

/** Multiplies float32 matrices at the speed of a BLAS. */
export interface MatrixProduct {
  /**
   * Takes one turn of the event loop, so that a sequence of products lets others run in between.
   * @param vectors shape [rows, dimension]; read where it lies, not copied
   * @param queries shape [dimension, count], that is, a query a column
   * @param scores receives the products, shape [rows, count]
   */
  into(scores: Float32Array, vectors: Float32Array, queries: Float32Array, dimension: number): Promise<void>;
  release(): Promise<void>;
}

const MODEL = oneOperatorModel({
  operator: 'MatMul',
  type: 'float32',
  inputs: [
    { name: 'vectors', sizes: ['rows', 'dimension'] },
    { name: 'queries', sizes: ['dimension', 'count'] },
  ],
  output: { name: 'scores', sizes: ['rows', 'count'] },
});

/** ONNX Runtime as the BLAS: it is here for the embedder anyway (docs/decisions/0005-exact-search.md). */
export async function createMatrixProduct(): Promise<MatrixProduct> {
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  // One thread: the other cores belong to the embedder and the training, and a product of one block is memory-bound.
  const session = await InferenceSession.create(MODEL, { intraOpNumThreads: 1 });
  return {
    async into(scores, vectors, queries, dimension) {
      const rows = vectors.length / dimension;
      const count = queries.length / dimension;
      await session.run(
        {
          vectors: new Tensor('float32', vectors, [rows, dimension]),
          queries: new Tensor('float32', queries, [dimension, count]),
        },
        { scores: new Tensor('float32', scores, [rows, count]) },
      );
    },
    release: () => session.release(),
  };
}
