import type { OperatorFunction } from 'rxjs';
import type { Payload } from '../domain/messages/payload.js';
import { type ModelInput, type OpeningOptions, openInput } from '../inputs/openInput.js';
import type { Flow } from './flow.js';
import { mapAcceptedOrdered } from './mapAccepted.js';
import { type Probe, timedAsync } from './probe.js';

/** A message whose payload was opened. */
export interface Opened<M> {
  readonly message: M;
  readonly input: ModelInput;
}

/** Opens the payloads of messages, `concurrency` at a time, order kept. */
export function openPayload<M extends { readonly payload: Payload }>(
  options: OpeningOptions & { readonly concurrency: number; readonly probe: Probe },
): OperatorFunction<Flow<M>, Flow<Opened<M>>> {
  return mapAcceptedOrdered(options.concurrency, async (message, source) => ({
    message,
    input: await timedAsync(options.probe, 'open', [source], () => openInput(message.payload, options)),
  }));
}
