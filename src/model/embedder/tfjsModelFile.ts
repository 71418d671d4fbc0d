import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { io } from '@tensorflow/tfjs';
import { z } from 'zod';
import type { Tensorflow } from '../tensorflow/tensorflow.js';
import type { ImageSize } from './enlarge.js';
import { firstLine, invalidEmbedder } from './invalidEmbedder.js';

const layerSchema = z.looseObject({
  class_name: z.string(),
  config: z.looseObject({ batch_input_shape: z.array(z.int().nullable()).optional() }),
});

const weightSchema = z.looseObject({
  name: z.string(),
  shape: z.array(z.int()),
  dtype: z.enum(['float32', 'int32', 'bool', 'string', 'complex64']),
});

const modelSchema = z.looseObject({
  format: z.enum(['layers-model', 'graph-model']),
  modelTopology: z.looseObject({
    model_config: z
      .looseObject({ config: z.looseObject({ layers: z.array(layerSchema).optional() }) })
      .optional(),
  }),
  weightsManifest: z.array(z.object({ paths: z.array(z.string().min(1)), weights: z.array(weightSchema) })),
});

/** A model read from its folder. */
export interface TfjsModelFile {
  readonly format: 'layers-model' | 'graph-model';
  readonly handler: io.IOHandler;
}

/**
 * Reads `model.json` and the weights beside it. File access is our own, since tfjs brings it for one backend only.
 * @param inputSize set as the input size of a layers model: the networks in use are convolutions up to a pooling
 * @throws LetheError `embedder-invalid`
 */
export async function readTfjsModel(
  tf: Tensorflow,
  path: string,
  inputSize: ImageSize,
): Promise<TfjsModelFile> {
  try {
    const model = modelSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    resizeInput(model, inputSize);
    const files = model.weightsManifest.flatMap(({ paths }) => paths);
    const parts = await Promise.all(files.map((file) => readFile(join(dirname(path), file))));
    const weights = new Uint8Array(Buffer.concat(parts)).buffer;
    const specs = model.weightsManifest.flatMap((group) => group.weights);
    // What zod has checked is the frame; tfjs itself checks the layers and weights in it.
    const json = model as unknown as io.ModelJSON;
    const handler = { load: () => tf.io.getModelArtifactsForJSON(json, async () => [specs, weights]) };
    return { format: model.format, handler };
  } catch (error) {
    throw invalidEmbedder('path', path, `it can't be read as a TensorFlow.js model: ${firstLine(error)}`, {
      remedy:
        'Give the path of a model.json of a layers or graph model, with all its weight files beside it.',
      cause: error,
    });
  }
}

function resizeInput(model: z.infer<typeof modelSchema>, { width, height }: ImageSize): void {
  for (const { class_name, config } of model.modelTopology.model_config?.config.layers ?? []) {
    if (class_name === 'InputLayer') config.batch_input_shape = [null, height, width, 3];
  }
}
