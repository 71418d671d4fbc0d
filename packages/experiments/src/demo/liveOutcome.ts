import type { LetheEvent } from 'lethe/internal/domain/messages/event.js';
import type { Prediction } from 'lethe/internal/domain/messages/prediction.js';
import { splitAccuracy } from '../metrics/accuracy.js';
import { percentile } from '../metrics/percentile.js';
import type { LatencySample } from '../plots/latencyPlot.js';
import type { LatencySummary, LiveOutcome } from '../results.js';
import type { SentQuery } from './liveQueries.js';
import type { Recorded } from './recording.js';
import { type LearningTimes, learningTimes, type Stretch } from './timeline.js';

/** What was seen of a live run. */
export interface LiveRecord {
  readonly queries: ReadonlyMap<string, SentQuery>;
  readonly predictions: readonly Recorded<Prediction>[];
  readonly events: readonly Recorded<LetheEvent>[];
  /** Names of the tasks that were learned. */
  readonly tasks: readonly string[];
}

/**
 * Sums up the live queries. A query counts as answered while a task was embedded (or trained) if the stretch from its
 * writing to its answer touches that period; where it touches both, as while a task was embedded.
 */
export function liveOutcome({ queries, predictions, events, tasks }: LiveRecord): LiveOutcome {
  const times = tasks.map((task) => learningTimes(events, task));
  const latencies: Record<'idle' | 'embedding' | 'training', number[]> = {
    idle: [],
    embedding: [],
    training: [],
  };
  for (const { message, writtenAt } of predictions)
    if (message.latencyMs !== null)
      latencies[activityAt({ from: writtenAt - message.latencyMs, to: writtenAt }, times)].push(
        message.latencyMs,
      );

  const answered = predictions.flatMap(({ message: { queryId, label } }) => {
    const query = queries.get(queryId);
    return query ? [{ label, ...query }] : [];
  });
  const whenForgotten = answered.filter(({ truth, forgotten }) => forgotten.has(truth));
  const others = answered.filter(({ truth, forgotten }) => !forgotten.has(truth));
  const classes = new Set(answered.map(({ truth }) => truth));
  return {
    queries: queries.size,
    answered: answered.length,
    namedAfterUnlearning: answered.filter(({ label, forgotten }) => label !== null && forgotten.has(label))
      .length,
    remaining: splitAccuracy(others, classes, new Set()).remaining,
    unlearned: splitAccuracy(whenForgotten, new Set(), classes).unlearned,
    idle: summary(latencies.idle),
    whileEmbedding: summary(latencies.embedding),
    whileTraining: summary(latencies.training),
  };
}

/** The live answers as points of the latency plot; times in seconds since `origin` (milliseconds since the epoch). */
export function latencySamples(
  predictions: readonly Recorded<Prediction>[],
  origin: number,
): LatencySample[] {
  return predictions.map(({ message, writtenAt }) => ({
    at: (writtenAt - origin) / 1000,
    // The log's clock counts whole milliseconds, and a logarithmic axis has no place for 0.
    latencyMs: Math.max(1, message.latencyMs ?? 0),
    by: message.route === 'model' ? 'model' : 'strategy',
  }));
}

function activityAt(stretch: Stretch, times: readonly LearningTimes[]): 'idle' | 'embedding' | 'training' {
  const touches = ({ from, to }: Stretch): boolean => stretch.from <= to && stretch.to >= from;
  if (times.some(({ embedding }) => touches(embedding))) return 'embedding';
  return times.some(({ training }) => touches(training)) ? 'training' : 'idle';
}

function summary(values: readonly number[]): LatencySummary | null {
  if (values.length === 0) return null;
  return { count: values.length, p50: percentile(values, 0.5), p99: percentile(values, 0.99) };
}
