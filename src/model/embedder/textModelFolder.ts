import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DTYPE_SUFFIXES, type TextEmbedderDescription } from './textDescription.js';

/** Files in the folder itself that determine the tokens. */
const TOKENISER_FILES = ['config.json', 'tokenizer.json', 'tokenizer_config.json'];

/** The folder of a text model: its own, or that of the download. */
export function textModelFolder({ path, model, cache, revision }: TextEmbedderDescription): string {
  if (path !== undefined) return resolve(path);
  return resolve(join(cache ?? '', model ?? '', revision === 'main' ? '' : revision));
}

/** The files on which its vectors depend: those of the tokeniser, and the weights of the chosen precision. */
export async function textModelFiles(description: TextEmbedderDescription): Promise<string[]> {
  const folder = textModelFolder(description);
  const weights = `model${DTYPE_SUFFIXES[description.dtype]}.onnx`;
  const beside = await readdir(folder);
  const networks = await readdir(join(folder, 'onnx'));
  return [
    ...TOKENISER_FILES.filter((name) => beside.includes(name)).map((name) => join(folder, name)),
    // Large networks have their weights in files beside, `model.onnx_data`.
    ...networks
      .filter((name) => name.startsWith(weights))
      .sort()
      .map((name) => join(folder, 'onnx', name)),
  ];
}
