import { filter, firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { decodePrediction, encodePrediction, encodeQuery } from '../../../src/domain/cloudEvents.js';
import type { Prediction } from '../../../src/domain/messages/prediction.js';
import type { LogRecord } from '../../../src/domain/record.js';
import { topicsUnder } from '../../../src/domain/topics.js';
import { type PredictionForm, predictionRecord } from '../../../src/streams/predictionRecord.js';
import { around, learn, memoryLog, startProcessing } from '../../support/processing.js';

const topics = topicsUnder('test.');
const prediction: Prediction = {
  queryId: 'q1',
  label: 'cat',
  probabilities: [{ label: 'cat', probability: 1 }],
  route: 'model',
  evidence: { filtered: false, guarded: false, unlearnedSimilarity: null, remainingSimilarity: null },
  modelVersion: 'm1',
  registryVersion: 3,
  latencyMs: null,
};
const source = (key: string | null, headers: Record<string, string>): LogRecord => ({
  ...{ topic: topics.queries, partition: 0, offset: 0n, timestamp: 0, value: Buffer.of() },
  key,
  headers,
});
const recordOf = (form: PredictionForm, of: LogRecord) => predictionRecord(prediction, of, { topics, form });
const encoded = encodePrediction(prediction, topics);
const plain = { ...encoded, headers: { ...encoded.headers, ce_time: expect.any(String) } };

describe('the record of a prediction', () => {
  it('takes nothing over by default but the trace', () => {
    expect(recordOf({ key: 'id', headers: [] }, source('device-7', { tenant: 'a' }))).toEqual(plain);
    const traced = recordOf(
      { key: 'id', headers: [] },
      source(null, { traceparent: '00-1', tracestate: 'x=1' }),
    );
    expect(traced.headers).toEqual({ ...plain.headers, traceparent: '00-1', tracestate: 'x=1' });
  });

  it('has the key of its query where that is wanted, also none', () => {
    expect(recordOf({ key: 'query', headers: [] }, source('device-7', {})).key).toBe('device-7');
    expect(recordOf({ key: 'query', headers: [] }, source(null, {})).key).toBeNull();
  });

  it('takes over the headers that are named and there, and none instead of its own', () => {
    const headers = { tenant: 'a', other: 'b', ce_id: 'forged', 'content-type': 'x' };
    const form = { key: 'id', headers: ['tenant', 'absent', 'ce_id', '__proto__'] } as const;
    expect(recordOf(form, source(null, headers)).headers).toEqual({ ...plain.headers, tenant: 'a' });
  });

  it('is written without where it would be too large, and read as ever', () => {
    const record = recordOf(
      { key: 'query', headers: ['tenant'] },
      source('k'.repeat(2_000_000), { tenant: 'a' }),
    );
    expect(record.smaller?.()).toEqual(plain);
    expect(decodePrediction({ ...record, partition: 0, offset: 0n, timestamp: 0 })).toEqual(prediction);
  });
});

it('a processor writes predictions as its settings say', async () => {
  const log = memoryLog();
  const settings = { predictions: { key: 'query', headers: ['tenant'] } } as const;
  const processing = startProcessing({ log, settings });
  await learn(processing, 't1', { cat: 0, dog: 4 });
  const own = topicsUnder('test.');
  const query = encodeQuery({ id: 'q1', payload: { kind: 'vector', vector: around(0, 3) } }, own);
  const reading = firstValueFrom(
    log
      .read({ topics: [own.predictions], group: 'reader', maxInFlight: 8, from: 'earliest' })
      .pipe(filter((record) => decodePrediction(record).queryId === 'q1')),
  );
  await log.publish([{ ...query, key: 'device-7', headers: { ...query.headers, tenant: 'a', other: 'b' } }]);
  const { key, headers } = await reading;
  expect([key, headers.tenant, headers.other]).toEqual(['device-7', 'a', undefined]);
  await processing.stop();
});
