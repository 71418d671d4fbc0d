import type { PreTrainedModel, PreTrainedTokenizer, Tensor } from '@huggingface/transformers';
import { LetheError } from '../../domain/errors.js';
import { firstLine, invalidEmbedder } from './invalidEmbedder.js';
import { loadTransformers, type Transformers } from './loadTransformers.js';
import { textsIn } from './packedInputs.js';
import type { EmbedderSession } from './session.js';
import type { TextEmbedderDescription } from './textDescription.js';
import { textModelFolder } from './textModelFolder.js';
import { textTokens } from './textTokens.js';
import { scaleRowsToUnit } from './unitRows.js';

/** What is embedded once at the start. */
const PROBE = 'a text';

/**
 * Loads tokeniser and network and runs them once, so that whatever is wrong with the description is said before the first
 * text.
 *
 * Texts are run one at a time. Quantised networks choose the scales of their activations for a whole batch, so a text's
 * vector would depend on the texts beside it (cosine 0.991 measured); and on a CPU batches are no faster.
 * @throws LetheError `embedder-invalid`; `backend-unavailable` where Transformers.js is not installed
 */
export async function openTextSession(description: TextEmbedderDescription): Promise<EmbedderSession> {
  const transformers = await loadTransformers();
  const { tokenizer, model } = await loaded(transformers, description);
  const tokensOf = textTokens(tokenizer, description.maxTokens);
  const embed = async (text: string): Promise<Float32Array> => {
    const outputs: unknown = await model(tokensOf(description.prefix + text));
    return pooled(outputOf(outputs, transformers, description), description);
  };
  const dimension = await probed(() => embed(PROBE), description);
  return {
    dimension,
    async run(inputs) {
      const texts = textsIn(inputs);
      const vectors = new Float32Array(texts.length * dimension);
      for (const [index, text] of texts.entries()) vectors.set(await embed(text), index * dimension);
      return scaleRowsToUnit(vectors, dimension, description.name);
    },
    release: async () => {
      await model.dispose();
    },
  };
}

async function loaded(
  { AutoModel, AutoTokenizer, env }: Transformers,
  description: TextEmbedderDescription,
): Promise<{ readonly tokenizer: PreTrainedTokenizer; readonly model: PreTrainedModel }> {
  const { path, model: name = '', revision, cache, dtype, threads } = description;
  const isLocal = path !== undefined;
  // Neither the folder of the library nor the network is looked at, unless that was asked for.
  env.allowLocalModels = isLocal;
  env.allowRemoteModels = !isLocal;
  // As the other libraries of the hub have it: a mirror.
  if (process.env.HF_ENDPOINT) env.remoteHost = process.env.HF_ENDPOINT;
  const source = isLocal ? textModelFolder(description) : name;
  const options = { revision, local_files_only: isLocal, ...(cache !== undefined && { cache_dir: cache }) };
  const session_options = {
    ...(threads !== undefined && { intraOpNumThreads: threads }),
    // Threads that wait in a loop for the next run would take the cores from training.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  };
  try {
    const tokenizer = await AutoTokenizer.from_pretrained(source, options);
    const model = await AutoModel.from_pretrained(source, { ...options, dtype, session_options });
    return { tokenizer, model };
  } catch (error) {
    const field = isLocal ? 'path' : 'model';
    throw invalidEmbedder(field, source, `Transformers.js can't load it: ${firstLine(error)}`, {
      remedy: isLocal
        ? 'Give a folder with config.json, tokenizer.json, tokenizer_config.json and onnx/model….onnx of this dtype.'
        : 'Check the name, the revision and the dtype, and that this machine reaches the hub. Or give a local folder as path.',
      cause: error,
    });
  }
}

/** The wanted output, as float32. */
function outputOf(
  outputs: unknown,
  { Tensor }: Transformers,
  { output, name }: TextEmbedderDescription,
): Tensor {
  const all = typeof outputs === 'object' && outputs !== null ? Object.entries(outputs) : [];
  const wanted = output ?? 'last_hidden_state';
  const found = all.find(([key]) => key === wanted) ?? (output === undefined ? all[0] : undefined);
  if (found?.[1] instanceof Tensor) return found[1].to('float32');
  throw invalidEmbedder('output', wanted, `${name} has no output of this name`, {
    remedy: `Use one of its outputs: ${all.map(([key]) => key).join(', ')}.`,
  });
}

/** One vector: of shape [1, dimension] as it is, of [1, tokens, dimension] pooled. There is no padding: all tokens count. */
function pooled({ data, dims }: Tensor, { pooling, output }: TextEmbedderDescription): Float32Array {
  const [, tokens = 0, dimension] = dims;
  if (dims[0] !== 1 || !(data instanceof Float32Array) || dims.length > 3) throw noVectors(dims, output);
  if (dimension === undefined) return data.slice();
  if (pooling === 'cls') return data.slice(0, dimension);
  if (pooling === 'last') return data.slice((tokens - 1) * dimension);
  const mean = new Float32Array(dimension);
  for (let at = 0; at < data.length; at++) {
    mean[at % dimension] = (mean[at % dimension] as number) + (data[at] as number) / tokens;
  }
  return mean;
}

function noVectors(dims: readonly number[], output = 'of the model') {
  return invalidEmbedder('output', output, `its shape is ${dims.join(',')}`, {
    remedy: 'Choose an output of shape 1,dimension or 1,tokens,dimension.',
  });
}

/** Embeds a text and returns the dimension. */
async function probed(
  run: () => Promise<Float32Array>,
  { path, model }: TextEmbedderDescription,
): Promise<number> {
  try {
    return (await run()).length;
  } catch (error) {
    if (error instanceof LetheError) throw error;
    const field = path === undefined ? 'model' : 'path';
    throw invalidEmbedder(field, path ?? model ?? '', `a run on a text failed: ${firstLine(error)}`, {
      remedy: 'Use a model that makes vectors of texts, with the tokeniser that belongs to it.',
      cause: error,
    });
  }
}
