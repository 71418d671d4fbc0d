import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Variables } from './letheProcess.js';
import { onnxModel } from './tinyOnnx.js';

const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]'];

/**
 * A folder with a model as Transformers.js loads it, whose answer is known: the vector of a token is the unit vector of its
 * number, so that of a text is the share of each word in it. `[CLS]` and `[SEP]` enclose it.
 * @param words of the vocabulary, from number 4 on
 */
export async function tinyTextModel(words: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lethe-text-model-'));
  const vocabulary = [...SPECIAL, ...words];
  const size = vocabulary.length;
  const json = (name: string, content: object) => writeFile(join(folder, name), JSON.stringify(content));
  await json('config.json', { model_type: 'bert', hidden_size: size, max_position_embeddings: 64 });
  await json('tokenizer_config.json', {
    tokenizer_class: 'BertTokenizer',
    model_max_length: 64,
    pad_token: '[PAD]',
    unk_token: '[UNK]',
  });
  await json('tokenizer.json', tokenizer(vocabulary));
  const table = new Float32Array(size * size);
  for (let i = 0; i < size; i++) table[i * size + i] = 1;
  const network = onnxModel({
    inputs: [{ name: 'input_ids', shape: ['n', 't'], type: 'int64' }],
    outputs: [{ name: 'last_hidden_state', shape: ['n', 't', size] }],
    nodes: [{ operator: 'Gather', inputs: ['table', 'input_ids'], outputs: ['last_hidden_state'] }],
    constants: [{ name: 'table', shape: [size, size], values: table }],
  });
  await mkdir(join(folder, 'onnx'));
  await writeFile(join(folder, 'onnx', 'model.onnx'), network);
  return folder;
}

/** Configures {@link tinyTextModel}. */
export async function tinyTextEmbedder(words: readonly string[]): Promise<Variables> {
  return {
    LETHE_EMBEDDER__KIND: 'text',
    LETHE_EMBEDDER__NAME: 'tiny-words',
    LETHE_EMBEDDER__PATH: await tinyTextModel(words),
  };
}

function tokenizer(vocabulary: readonly string[]): object {
  const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
  const text = { Sequence: { id: 'A', type_id: 0 } };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: SPECIAL.map((content, id) => ({
      ...{ id, content, special: true },
      ...{ single_word: false, lstrip: false, rstrip: false, normalized: false },
    })),
    normalizer: { type: 'Lowercase' },
    pre_tokenizer: { type: 'Whitespace' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [special('[CLS]'), text, special('[SEP]')],
      pair: [special('[CLS]'), text, special('[SEP]'), { Sequence: { id: 'B', type_id: 1 } }],
      special_tokens: {
        '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] },
        '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] },
      },
    },
    decoder: null,
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocabulary.map((word, id) => [word, id])),
    },
  };
}
