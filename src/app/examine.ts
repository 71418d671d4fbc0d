import type { Incoming } from '../adapters/http/ingress.js';
import { NO_MODEL } from '../answering/predicted.js';
import { refuseOtherKind, refuseOtherSize, refuseUnfit } from '../inputs/openInput.js';
import type { RunningLethe } from './compose.js';

/**
 * Refuses a message from HTTP if its refusal is already certain: vectors of another size, images and texts that
 * the embedder does not take, and queries before the first model.
 * @throws LetheError `wrong-dimension`, `unsupported-format`, `no-model`, with the reason that the dead letter would
 * carry
 */
export async function examine(
  { role, message }: Incoming,
  { embedder, store }: Pick<RunningLethe, 'embedder' | 'store'>,
): Promise<void> {
  if (role === 'commands') {
    if (message.kind !== 'unlearn') return;
    for (const example of message.examples ?? []) {
      if ('vector' in example) refuseOtherSize(example.vector, embedder);
      else refuseOtherKind('text' in example ? 'text' : 'image', embedder);
    }
    return;
  }
  refuseUnfit(message.payload, embedder);
  if (role === 'queries' && !store.registry.snapshot().model) {
    // What this worker saw last may be old: another may have learned since.
    if (!(await store.registry.refresh()).model) throw NO_MODEL;
  }
}
