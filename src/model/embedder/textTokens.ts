import type { PreTrainedTokenizer, Tensor } from '@huggingface/transformers';

/** Tokens of a text as a network takes them, with their mask; each of shape [1, tokens]. */
export type TextTokens = Readonly<Record<string, Tensor>> & { readonly input_ids: Tensor };

/**
 * Cuts texts into at most `maxTokens` tokens, the marks of the tokeniser included.
 *
 * A text that is cut off ends with the end mark all the same, as in the training of the networks: Transformers.js (4.3) cuts
 * off the mark, too.
 */
export function textTokens(tokenizer: PreTrainedTokenizer, maxTokens: number): (text: string) => TextTokens {
  const most = Math.min(maxTokens, tokenizer.model_max_length ?? maxTokens);
  const cut = (text: string): TextTokens => tokenizer(text, { truncation: true, max_length: most });
  const last = idsOf(cut('a')).at(-1);
  const end = last !== undefined && tokenizer.all_special_ids.includes(Number(last)) ? last : undefined;
  return (text) => {
    const tokens = cut(text);
    const ids = idsOf(tokens);
    if (end !== undefined && ids.length === most) ids[most - 1] = end;
    return tokens;
  };
}

function idsOf({ input_ids }: TextTokens): BigInt64Array {
  if (input_ids.data instanceof BigInt64Array) return input_ids.data;
  throw new TypeError('the tokeniser gives no 64-bit ids');
}
