import { encodePrediction } from '../domain/cloudEvents.js';
import type { Prediction } from '../domain/messages/prediction.js';
import type { LogRecord, OutgoingRecord } from '../domain/record.js';
import type { Topics } from '../domain/topics.js';
import { TRACE_HEADERS } from '../domain/traceHeaders.js';
import { waitIdOf } from '../domain/waitId.js';

/** Whose key a prediction has: its query's id, or the key of its query's record, so that predictions keep the order of queries. */
export const PREDICTION_KEYS = ['id', 'query'] as const;

/** What the record of a prediction takes over from that of its query. */
export interface PredictionForm {
  readonly key: (typeof PREDICTION_KEYS)[number];
  /** Names of headers. */
  readonly headers: readonly string[];
}

/**
 * The record of a prediction. Where its topic does not take what it takes over from the query's record, it is written without.
 * @param source the record of its query
 */
export function predictionRecord(
  prediction: Prediction,
  source: LogRecord,
  { topics, form }: { readonly topics: Topics; readonly form: PredictionForm },
): OutgoingRecord {
  const plain = encodePrediction(prediction, topics, waitIdOf(source));
  const names = [...TRACE_HEADERS, ...form.headers].filter((name) => Object.hasOwn(source.headers, name));
  if (form.key === 'id' && names.length === 0) return plain;
  const taken = Object.fromEntries(names.map((name) => [name, source.headers[name] ?? '']));
  return {
    ...plain,
    ...(form.key === 'query' && { key: source.key }),
    headers: { ...taken, ...plain.headers },
    smaller: () => plain,
  };
}
