import type { OperatorFunction } from 'rxjs';
import type { Assessed, Screen } from '../answering/screen.js';
import type { LogRecord } from '../domain/record.js';
import type { Assessment } from '../model/answer/answer.js';
import type { Flow } from './flow.js';
import { mapAcceptedInBatches } from './mapAccepted.js';
import { type Probe, timedAsync } from './probe.js';

/** One batch is searched while the results of the previous one are read, so a remote database never waits. */
const BATCHES_UNDER_WAY = 2;

/** Compares vectors with DB-MU (and DB-CIL) in batches. It only assesses them; `answer` decides. */
export function filterUnlearned<T extends { readonly vector: Float32Array }>(
  screen: Pick<Screen, 'assess'>,
  options: { readonly batchSize: number; readonly probe: Probe },
): OperatorFunction<Flow<T>, Flow<Assessed<T>>> {
  const assess = async (messages: readonly T[], sources: readonly LogRecord[]): Promise<Assessed<T>[]> => {
    const vectors = messages.map(({ vector }) => vector);
    const assessments = await timedAsync(options.probe, 'filter', sources, () => screen.assess(vectors));
    return messages.map((message, index) => ({ ...message, assessment: assessments[index] as Assessment }));
  };
  return mapAcceptedInBatches(options.batchSize, assess, BATCHES_UNDER_WAY);
}
