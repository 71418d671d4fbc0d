import { execFile } from 'node:child_process';
import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { createGateway } from '../../src/adapters/http/gateway.js';
import { listen } from '../../src/adapters/http/server.js';
import { createMemoryLog } from '../../src/adapters/memory/log/memoryLog.js';
import { decodeCommand, decodeQuery, encodeEvent, encodePrediction } from '../../src/domain/cloudEvents.js';
import { LetheError } from '../../src/domain/errors.js';
import type { LogRecord, OutgoingRecord } from '../../src/domain/record.js';
import { topicsUnder } from '../../src/domain/topics.js';
import { waitIdOf } from '../../src/domain/waitId.js';
import { pythonPackages } from '../support/python.js';

const SCHEMATHESIS = 'schemathesis==4.32.5';
/** Streams end when their reader goes; whether a vector has the right dimension is no matter of the document. */
const FOLLOWED = '/v1/(predictions|events|dead-letters|audit)';
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'unsupported_method',
].join(',');
const topics = topicsUnder('lethe.');

function answer(record: LogRecord): OutgoingRecord[] {
  const prediction = {
    ...{
      queryId: decodeQuery(record).id,
      label: 'cat',
      probabilities: [],
      modelVersion: 'v',
      registryVersion: 0,
    },
    evidence: { filtered: false, guarded: false, unlearnedSimilarity: null, remainingSimilarity: null },
    ...{ latencyMs: 1, route: 'model' as const },
  };
  return [encodePrediction(prediction, topics, waitIdOf(record))];
}

/** A worker that knows no class. */
function reject(record: LogRecord): OutgoingRecord[] {
  const { id, kind } = decodeCommand(record);
  const error = { code: 'unknown-class' as const, message: 'there is no such class', remedy: 'Look.' };
  return [encodeEvent({ kind: 'command-rejected', commandId: id, command: kind, error }, 'main', topics)];
}

/** What it printed, whether it found something or not. */
function schemathesis(PYTHONPATH: string, args: readonly string[]): Promise<string> {
  const command = ['-c', 'from schemathesis.cli import schemathesis; schemathesis()', ...args];
  return new Promise((resolve) => {
    const options = { env: { ...process.env, PYTHONPATH, PYTHONUTF8: '1' }, maxBuffer: 2 ** 26 };
    execFile('python3', command, options, (_, stdout, stderr) => resolve(`${stdout}${stderr}`));
  });
}

it('the gateway answers as docs/openapi.json says, whatever it is sent', async () => {
  const log = createMemoryLog({ partitions: 1, capacity: { records: 10_000, bytes: 1e8 } });
  onTestFinished(() => log.close());
  for (const [topic, work] of [
    [topics.queries, answer],
    [topics.commands, reject],
    [topics.samples, () => []],
  ] as const) {
    log
      .read({ topics: [topic], group: 'worker', maxInFlight: 100 })
      .subscribe((input) => void log.settle('worker', [{ input, outputs: work(input) }]));
  }
  const gateway = createGateway({
    ...{ log, topics, modelName: 'main', accepting: () => true, version: '1.0.0' },
    status: async () => ({ name: 'main' }),
    ...{ bodyBytes: 1e6, inFlightBytes: 1e8, waiting: 100, followers: 100, backlogs: 10 },
    ...{ waitSeconds: 1, waiters: 10_000 },
    evidence: async (name) => {
      throw new LetheError('unknown-class', `there is no class ${name}`, { remedy: 'Look.' });
    },
  });
  const server = await listen(gateway, { host: '127.0.0.1', port: 0 });
  onTestFinished(() => server.close());
  const { openapi } = z
    .looseObject({ openapi: z.string() })
    .parse(await (await fetch(`${server.url}/openapi.json`)).json());
  expect(openapi).toBe('3.1.0');
  const PYTHONPATH = await pythonPackages(SCHEMATHESIS);
  const said = await schemathesis(PYTHONPATH, [
    ...['run', `${server.url}/openapi.json`, '--checks', CHECKS, '--phases', 'examples,coverage,fuzzing'],
    ...[
      '--max-examples',
      '25',
      '--seed',
      '1',
      '--exclude-path-regex',
      FOLLOWED,
      '--suppress-health-check',
      'all',
    ],
    ...['--no-color', '--generation-database', 'none'],
  ]);
  expect(said).toMatch(/ (\d+) generated, \1 passed\n/);
});
