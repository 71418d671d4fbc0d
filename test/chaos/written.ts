import type { LogRecord } from '../../src/domain/record.js';
import { committed } from '../support/committedValues.js';
import type { Model } from '../support/workersModel.js';
import { type Counts, compareCounts } from './verdict.js';

/** All records of a topic. */
export const recordsOf = (model: Model, topic: string): Promise<LogRecord[]> =>
  committed(model.log, { broker: model.broker, topic }, (record) => record);

/** All records of a topic, their values left out: of queries with vectors there are hundreds of megabytes. */
export const placesOf = (model: Model, topic: string): Promise<LogRecord[]> =>
  committed(model.log, { broker: model.broker, topic }, (record) => ({ ...record, value: Buffer.alloc(0) }));

/** Whether each query was answered as often as it was asked. */
export function answersCompared(asked: readonly LogRecord[], predictions: readonly LogRecord[]): Counts {
  const questions = asked.filter(({ key }) => !key?.startsWith('poison-'));
  return compareCounts(
    questions.map(({ headers }) => String(headers.ce_id)),
    predictions.map(({ headers, key }) => String(key ?? headers.ce_subject)),
  );
}

/** What {@link answersCompared} should be. */
export const ALL_ANSWERED: Counts = { unanswered: [], answeredTooOften: [], neverAsked: [] };
