import { LetheError } from '../../domain/errors.js';
import type { Takes } from '../../domain/takes.js';

const WHERE_TAKEN = {
  image: 'For images, set embedder.kind to a network that embeds images, in a deployment of its own.',
  text: 'For texts, set embedder.kind to text, in a deployment of its own.',
} as const;

/** Why an input of one kind is refused where the embedder takes another kind. */
export function notTaken(sent: 'image' | 'text', takes: Takes): LetheError {
  const accepted = takes === 'vectors' ? 'only vectors' : `${takes} and vectors`;
  const instead =
    takes === 'vectors'
      ? `Send the embedding of the ${sent} as application/x-float32 or application/json.`
      : `Send ${takes === 'images' ? 'an image' : 'a text (text/plain)'} or a vector.`;
  return new LetheError('unsupported-format', `this Lethe accepts ${accepted}, no ${sent}s`, {
    field: 'datacontenttype',
    value: sent,
    remedy: `${instead} ${WHERE_TAKEN[sent]}`,
  });
}
