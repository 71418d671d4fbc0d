import { z } from 'zod';

/** Precisions of weights by the names of Transformers.js, and how the files of each end. */
export const DTYPE_SUFFIXES = {
  fp32: '',
  fp16: '_fp16',
  q8: '_quantized',
  int8: '_int8',
  uint8: '_uint8',
  q4: '_q4',
  q4f16: '_q4f16',
  bnb4: '_bnb4',
} as const;
export type Dtype = keyof typeof DTYPE_SUFFIXES;
const DTYPES = Object.keys(DTYPE_SUFFIXES) as [Dtype, ...Dtype[]];

/** Everything needed to use a sentence embedder of Transformers.js: a local folder, or a model of the hub. */
export const textEmbedderSchema = z
  .strictObject({
    kind: z
      .literal('text')
      .describe('A sentence embedder for Transformers.js (`npm install @huggingface/transformers`).'),
    name: z.string().min(1).describe('Name of the embedder in logs and metrics.'),
    path: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Folder with `config.json`, `tokenizer.json`, `tokenizer_config.json` and `onnx/model….onnx`, relative to the working directory.',
      ),
    model: z
      .string()
      .regex(/^[\w.-]+(\/[\w.-]+)?$/, 'give it as owner/name')
      .optional()
      .describe(
        'Instead of `path`: name of a model on the Hugging Face Hub, as owner/name. It is downloaded once.',
      ),
    revision: z.string().min(1).default('main').describe('Branch, tag or commit of `model`.'),
    cache: z
      .string()
      .min(1)
      .optional()
      .describe('Folder for downloaded models. The default is `hub` in the cache folder of Lethe.'),
    dtype: z
      .enum(DTYPES)
      .default('fp32')
      .describe(
        'Precision of the weights, which determines the file: `model.onnx`, `model_quantized.onnx` (q8), …',
      ),
    output: z
      .string()
      .min(1)
      .optional()
      .describe('Output to use. The default is `last_hidden_state`, or the first one.'),
    pooling: z
      .enum(['mean', 'cls', 'last'])
      .default('mean')
      .describe(
        'How the vectors of the tokens become one: their mean, the first, or the last. See the card of the model.',
      ),
    prefix: z
      .string()
      .default('')
      .describe('Put before each text, for example `query: ` for E5. See the card of the model.'),
    maxTokens: z
      .int()
      .min(8)
      .max(8192)
      .default(256)
      .describe('Tokens of a text that the network reads. The rest of the text has no effect.'),
    threads: z.int().min(1).max(256).optional().describe('Threads. The default is one for each core.'),
    batchLimit: z
      .int()
      .min(1)
      .max(4096)
      .default(32)
      .describe('Largest number of texts for one call. The network reads them one at a time.'),
  })
  .refine(({ path, model }) => (path === undefined) !== (model === undefined), {
    message: 'give either path or model',
    path: ['path'],
  });
export type TextEmbedderDescription = z.infer<typeof textEmbedderSchema>;
