import type { GraphModel, LayersModel, Tensor, Tensor4D } from '@tensorflow/tfjs';
import { LetheError } from '../../domain/errors.js';
import type { Tensorflow } from '../tensorflow/tensorflow.js';
import { firstLine, invalidEmbedder } from './invalidEmbedder.js';
import { imagesIn } from './packedInputs.js';
import { inputShape, type PackedImages, preprocessed } from './preprocessing.js';
import type { EmbedderSession } from './session.js';
import type { TfjsEmbedderDescription } from './tfjsDescription.js';
import { readTfjsModel } from './tfjsModelFile.js';
import { scaleRowsToUnit } from './unitRows.js';

interface Network {
  /** @returns shape [n, dimension], or maps of `layout`'s shape */
  apply(input: Tensor4D): Tensor;
  dispose(): void;
}

/**
 * Loads a TensorFlow.js model and runs it once, so that whatever is wrong with its description is said at once.
 * @throws LetheError `embedder-invalid`
 */
export async function openTfjsSession(
  tf: Tensorflow,
  description: TfjsEmbedderDescription,
): Promise<EmbedderSession> {
  const network = await loaded(tf, description);
  const { width, height } = description.inputSize;

  const embed = (images: PackedImages): Tensor =>
    tf.tidy(() => {
      const shape = inputShape(images.sizes.length, description);
      return vectorsIn(network.apply(tf.tensor4d(preprocessed(images, description), shape)), description);
    });
  const blank = { sizes: [{ width, height }], pixels: new Uint8Array(3 * width * height) };
  const dimension = probed(() => embed(blank), description);

  return {
    dimension,
    async run(inputs) {
      const output = embed(imagesIn(inputs));
      try {
        return scaleRowsToUnit(new Float32Array(await output.data<'float32'>()), dimension, description.name);
      } finally {
        output.dispose();
      }
    },
    release: async () => network.dispose(),
  };
}

async function loaded(tf: Tensorflow, description: TfjsEmbedderDescription): Promise<Network> {
  const { format, handler } = await readTfjsModel(tf, description.path, description.inputSize);
  try {
    return format === 'graph-model'
      ? graphNetwork(await tf.loadGraphModel(handler), description)
      : layersNetwork(tf, await tf.loadLayersModel(handler), description);
  } catch (error) {
    if (error instanceof LetheError) throw error;
    throw invalidEmbedder('path', description.path, `TensorFlow.js can't load it: ${firstLine(error)}`, {
      remedy: 'Check that it is complete, and uses only layers or operators that TensorFlow.js supports.',
      cause: error,
    });
  }
}

function layersNetwork(tf: Tensorflow, model: LayersModel, description: TfjsEmbedderDescription): Network {
  const { output } = description;
  if (output === undefined)
    return { apply: (input) => one(model.predict(input), description), dispose: () => model.dispose() };
  const layer = model.layers.find(({ name }) => name === output);
  if (layer === undefined) {
    throw invalidEmbedder('output', output, 'the model has no layer of this name', {
      remedy: `Use one of its layers, such as the last ones: ${model.layers
        .slice(-5)
        .map(({ name }) => name)
        .join(', ')}.`,
    });
  }
  const part = tf.model({ inputs: model.inputs, outputs: layer.output });
  return { apply: (input) => one(part.predict(input), description), dispose: () => model.dispose() };
}

function graphNetwork(model: GraphModel, description: TfjsEmbedderDescription): Network {
  const { output } = description;
  return {
    apply: (input) => one(model.execute(input, output ?? model.outputNodes), description),
    dispose: () => model.dispose(),
  };
}

function one(outputs: ReturnType<GraphModel['execute']>, description: TfjsEmbedderDescription): Tensor {
  const all: readonly unknown[] = Array.isArray(outputs) ? outputs : [outputs];
  const [first] = all;
  if (all.length === 1 && isTensor(first)) return first;
  throw invalidEmbedder('output', description.output ?? 'of the model', `there are ${all.length} of them`, {
    remedy: 'Give the one to use in `output`.',
  });
}

function isTensor(value: unknown): value is Tensor {
  return typeof value === 'object' && value !== null && 'shape' in value && 'dispose' in value;
}

/** Vectors as they are; maps by global average pooling. */
function vectorsIn(output: Tensor, description: TfjsEmbedderDescription): Tensor {
  if (output.rank === 2) return output;
  if (output.rank === 4) return output.mean(description.layout === 'NHWC' ? [1, 2] : [2, 3]);
  throw invalidEmbedder(
    'output',
    description.output ?? 'of the model',
    `its shape is ${output.shape.join(',')}`,
    {
      remedy: 'Choose an output of shape n,dimension, or feature maps, which Lethe averages.',
    },
  );
}

/** Runs a blank image and returns the dimension. */
function probed(run: () => Tensor, description: TfjsEmbedderDescription): number {
  try {
    const output = run();
    output.dispose();
    return output.shape[1] ?? 0;
  } catch (error) {
    if (error instanceof LetheError) throw error;
    throw invalidEmbedder('path', description.path, `a run on a blank image failed: ${firstLine(error)}`, {
      remedy: 'Set inputSize and layout to the values of the model, and output to one of its nodes.',
      cause: error,
    });
  }
}
