import { randomUUID } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { createGateway } from '../../../src/adapters/http/gateway.js';
import { createKafkaLog, type KafkaLog } from '../../../src/adapters/kafka/kafkaLog.js';
import { withAdmin } from '../../../src/adapters/kafka/startCheck.js';
import { decodeQuery, encodePrediction } from '../../../src/domain/cloudEvents.js';
import { deadLetter } from '../../../src/domain/deadLetter.js';
import { LetheError } from '../../../src/domain/errors.js';
import type { Prediction } from '../../../src/domain/messages/prediction.js';
import type { LogRecord, OutgoingRecord } from '../../../src/domain/record.js';
import { topicsUnder } from '../../../src/domain/topics.js';
import { waitIdOf } from '../../../src/domain/waitId.js';
import { kafkaTestOptions } from '../../support/kafkaOptions.js';
import { sharedServices } from '../../support/services.js';

const topics = topicsUnder(`answers-${randomUUID()}.`);
const REFUSED = new LetheError('image-corrupt', 'it is cut off', { remedy: 'Send all of it.' });

/** What another worker writes because of a query: nothing of it goes through the gateway's own process. */
function outputs(record: LogRecord): OutgoingRecord[] {
  const { id, truth } = decodeQuery(record);
  if (truth === 'broken') return [deadLetter(record, REFUSED, topics['dead-letters'])];
  const prediction: Prediction = {
    ...({ queryId: id, label: truth ?? null, probabilities: [], route: 'model', modelVersion: 'v' } as const),
    evidence: { filtered: false, guarded: false, unlearnedSimilarity: null, remainingSimilarity: null },
    ...{ registryVersion: 0, latencyMs: 1 },
  };
  return [encodePrediction(prediction, topics, waitIdOf(record))];
}

it('requests get their own answers and refusals, whichever worker makes them', async () => {
  const { brokers } = await sharedServices();
  await withAdmin(kafkaTestOptions(brokers), (admin) =>
    admin.createTopics({ topics: Object.values(topics).map((topic) => ({ topic, numPartitions: 3 })) }),
  );
  const opened = (): Promise<KafkaLog> => createKafkaLog(kafkaTestOptions(brokers));
  const [own, ...others] = await Promise.all([opened(), opened(), opened()]);
  onTestFinished(async () => {
    await Promise.all([own, ...others].map((log) => log.close()));
  });
  for (const log of others) {
    log
      .read({ topics: [topics.queries], group: 'workers', maxInFlight: 50 })
      .subscribe((input) => void log.settle('workers', [{ input, outputs: outputs(input) }]));
  }
  const gateway = createGateway({
    ...{ log: own, topics, modelName: 'main', status: async () => ({}), accepting: () => true },
    ...{ bodyBytes: 1e6, inFlightBytes: 1e7, waiting: 100, followers: 3, backlogs: 1 },
    ...{ waitSeconds: 120, waiters: 100 },
  });
  const ask = async (truth: string) => {
    const headers = { 'content-type': 'application/json', 'ce-id': 'the same', 'ce-truth': truth };
    const response = await gateway.request('/v1/queries?wait=120s', { method: 'POST', headers, body: '[1]' });
    return [response.status, await response.json()];
  };
  const truths = Array.from({ length: 40 }, (_, index) => (index % 8 === 5 ? 'broken' : `t${index}`));
  const answers = await Promise.all(truths.map(ask));
  expect(answers).toEqual(
    truths.map((truth) =>
      truth === 'broken'
        ? [400, { error: expect.objectContaining({ code: 'image-corrupt', message: REFUSED.message }) }]
        : [200, expect.objectContaining({ queryId: 'the same', label: truth })],
    ),
  );
});
