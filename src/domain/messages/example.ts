import type { Example } from './command.js';
import type { Payload } from './payload.js';

/** An example of a command as the payload that a query would carry. */
export function payloadOfExample(example: Example): Payload {
  if ('vector' in example) return { kind: 'vector', vector: Float32Array.from(example.vector) };
  if ('text' in example) return { kind: 'text', text: example.text };
  const { contentType, base64 } = example;
  return { kind: 'image', contentType, bytes: Buffer.from(base64, 'base64') };
}

/** A payload as an example of a command. */
export function exampleOfPayload(payload: Payload): Example {
  if (payload.kind === 'vector') return { vector: [...payload.vector] };
  if (payload.kind === 'text') return { text: payload.text };
  const { contentType, bytes } = payload;
  return { contentType, base64: Buffer.from(bytes).toString('base64') };
}
