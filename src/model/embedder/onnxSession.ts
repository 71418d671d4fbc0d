import { InferenceSession, Tensor } from 'onnxruntime-node';
import { LetheError } from '../../domain/errors.js';
import { firstLine, invalidEmbedder } from './invalidEmbedder.js';
import type { OnnxEmbedderDescription } from './onnxDescription.js';
import { imagesIn } from './packedInputs.js';
import { inputShape, preprocessed } from './preprocessing.js';
import type { EmbedderSession } from './session.js';
import { scaleRowsToUnit } from './unitRows.js';

/**
 * Loads the network and runs it once, so that whatever is wrong with its description is said before the first image.
 * @throws LetheError `embedder-invalid`
 */
export async function openOnnxSession(description: OnnxEmbedderDescription): Promise<EmbedderSession> {
  const session = await loaded(description);
  const fixedBatch = batchOf(session, description);
  const { width, height } = description.inputSize;
  const perImage = 3 * width * height;

  const embed = async (input: Float32Array): Promise<Tensor> => {
    const count = input.length / perImage;
    const feed = new Tensor('float32', input, inputShape(count, description));
    const outputs = await session.run({ [description.input]: feed }, [description.output]);
    return vectorsIn(outputs[description.output], count, description);
  };
  const blank = new Float32Array((fixedBatch ?? 1) * perImage);
  const dimension = (await probed(() => embed(blank), description)).dims[1] ?? 0;

  return {
    dimension,
    async run(inputs) {
      const packedImages = imagesIn(inputs);
      const input = preprocessed(packedImages, description);
      const count = packedImages.sizes.length;
      const batch = fixedBatch ?? count;
      const vectors = new Float32Array(count * dimension);
      for (let start = 0; start < count; start += batch) {
        const images = Math.min(batch, count - start);
        let part = input.subarray(start * perImage, (start + images) * perImage);
        if (fixedBatch !== undefined && images < fixedBatch) part = padded(part, fixedBatch * perImage);
        const output = (await embed(part)).data as Float32Array;
        vectors.set(output.subarray(0, images * dimension), start * dimension);
      }
      return scaleRowsToUnit(vectors, dimension, description.name);
    },
    release: () => session.release(),
  };
}

async function loaded(description: OnnxEmbedderDescription): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(description.path, {
      ...(description.threads === undefined ? {} : { intraOpNumThreads: description.threads }),
      // Threads that wait in a loop for the next run would take the cores from decoding and training.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
  } catch (error) {
    throw invalidEmbedder('path', description.path, `ONNX Runtime can't load it: ${firstLine(error)}`, {
      remedy: 'Give the path of a complete ONNX file whose operators ONNX Runtime supports.',
      cause: error,
    });
  }
}

/** Checks names, types and sizes; returns the batch size where the network has a fixed one. */
function batchOf(session: InferenceSession, description: OnnxEmbedderDescription): number | undefined {
  const input = session.inputMetadata.find(({ name }) => name === description.input);
  const output = session.outputMetadata.find(({ name }) => name === description.output);
  if (input === undefined) {
    throw invalidEmbedder('input', description.input, 'the network has no input of this name', {
      remedy: `Use one of its inputs: ${session.inputNames.join(', ')}.`,
    });
  }
  if (output === undefined) {
    throw invalidEmbedder('output', description.output, 'the network has no output of this name', {
      remedy: `Use one of its outputs: ${session.outputNames.join(', ')}.`,
    });
  }
  if (!input.isTensor || input.type !== 'float32') {
    throw invalidEmbedder(
      'input',
      description.input,
      `its type is ${input.isTensor ? input.type : 'no tensor'}`,
      {
        remedy: 'Export the network with a float32 input.',
      },
    );
  }
  const wanted = inputShape(0, description);
  const fits =
    input.shape.length === 4 &&
    input.shape.every((extent, axis) => axis === 0 || typeof extent === 'string' || extent === wanted[axis]);
  if (!fits) {
    const [, ...sizes] = wanted;
    throw invalidEmbedder(
      'inputSize',
      `n,${sizes.join(',')}`,
      `the input's shape is ${input.shape.join(',')}`,
      {
        remedy: 'Set inputSize and layout to the shape of the export.',
      },
    );
  }
  const batch = input.shape[0];
  return typeof batch === 'number' ? batch : undefined;
}

function vectorsIn(output: unknown, count: number, description: OnnxEmbedderDescription): Tensor {
  const found = output instanceof Tensor ? `${output.type} ${output.dims.join(',')}` : 'no tensor';
  const fits =
    output instanceof Tensor &&
    output.type === 'float32' &&
    output.dims.length === 2 &&
    output.dims[0] === count;
  if (fits) return output;
  throw invalidEmbedder('output', description.output, `it is ${found}, not float32 of shape n,dimension`, {
    remedy:
      'Choose the pooled, flattened output. For example, export the network with global average pooling and Flatten.',
  });
}

async function probed(run: () => Promise<Tensor>, description: OnnxEmbedderDescription): Promise<Tensor> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof LetheError) throw error;
    throw invalidEmbedder('path', description.path, `a run on a blank image failed: ${firstLine(error)}`, {
      remedy:
        'Set inputSize and layout to the values of the export, and give all inputs that the network needs.',
      cause: error,
    });
  }
}

function padded(input: Float32Array, length: number): Float32Array {
  const whole = new Float32Array(length);
  whole.set(input);
  return whole;
}
