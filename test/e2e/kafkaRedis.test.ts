import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { concatMap, lastValueFrom, type Subscription, timeout } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createGatewayClient } from '../../src/adapters/http/client.js';
import { createKafkaLog, type KafkaLog } from '../../src/adapters/kafka/kafkaLog.js';
import { withAdmin } from '../../src/adapters/kafka/startCheck.js';
import { keptNow } from '../../src/adapters/keptNow.js';
import {
  decodeEvent,
  decodePrediction,
  encodeCommand,
  encodeQuery,
  encodeSample,
} from '../../src/domain/cloudEvents.js';
import type { Command } from '../../src/domain/messages/command.js';
import type { Prediction } from '../../src/domain/messages/prediction.js';
import type { LogRecord } from '../../src/domain/record.js';
import { topicsUnder } from '../../src/domain/topics.js';
import { kafkaTestOptions } from '../support/kafkaOptions.js';
import { LETHE } from '../support/letheProcess.js';
import { around } from '../support/processing.js';
import { sharedServices } from '../support/services.js';

const DIMENSION = 1280;
const AXES = { cat: 0, dog: 400, frog: 800 };
const PER_CLASS = 60;
const readySchema = z.object({ url: z.url() });
/** `max.message.bytes` where nobody sets it. */
const KAFKAS_DEFAULT = 1_048_588;
const refusalSchema = z.object({ error: z.record(z.string(), z.string()) });

describe('a learner and two answering workers over Kafka and Redis', () => {
  const model = `e2e-${randomUUID()}`;
  const topics = topicsUnder(`${model}.`);
  const children: ChildProcess[] = [];
  const workers: { readonly child: ChildProcess; readonly url: string }[] = [];
  let environment: Readonly<Record<string, string>>;
  let log: KafkaLog;
  let following: Subscription | undefined;
  const predictions: Prediction[] = [];

  const start = async (role: 'learn' | 'infer') => {
    const checkpoints = mkdtempSync(join(tmpdir(), 'lethe-worker-'));
    const child = spawn(process.execPath, [LETHE, 'run', '--role', role, '--port', '0', '--json'], {
      env: { ...process.env, ...environment, LETHE_MODEL__CHECKPOINTS: checkpoints },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    const { url } = readySchema.parse(JSON.parse(String(line)));
    workers.push({ child, url });
    return { child, client: createGatewayClient({ url }) };
  };
  const queries = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => {
      const [truth, axis] = Object.entries(AXES)[index % 3] as [string, number];
      const payload = { kind: 'vector' as const, vector: around(axis, index, DIMENSION) };
      return encodeQuery({ id: `q${from + index}`, truth, payload }, topics);
    });
  const command = (body: Command) => log.publish([encodeCommand(body, model, topics)]);
  /** The first event of a kind from the beginning of the topic on. */
  const event = async (kind: string): Promise<unknown> => {
    const group = `events-${randomUUID()}`;
    const type = `lethe.event.${kind}`;
    const source = log.read({
      topics: [topics.events],
      group,
      maxInFlight: 64,
      from: 'earliest',
      transient: true,
    });
    return new Promise((resolve, reject) => {
      const reading = source
        .pipe(
          timeout(60_000),
          concatMap(async (record) => {
            await log.settle(group, [{ input: record, outputs: [] }]);
            return record;
          }),
        )
        .subscribe({
          next: (record) => {
            if (record.headers.ce_type !== type) return;
            resolve(JSON.parse(record.value.toString()));
            setImmediate(() => reading.unsubscribe());
          },
          error: reject,
        });
    });
  };
  const answered = async (count: number): Promise<void> => {
    await expect.poll(() => predictions.length, { interval: 100 }).toBe(count);
  };

  beforeAll(async () => {
    const { brokers, redisUrl } = await sharedServices();
    environment = {
      LETHE_MODEL__NAME: model,
      LETHE_MODEL__BACKEND: 'wasm',
      LETHE_TRANSPORT__KIND: 'kafka',
      LETHE_TRANSPORT__TOPIC_PREFIX: `${model}.`,
      LETHE_TRANSPORT__KAFKA__BROKERS: JSON.stringify([brokers]),
      LETHE_TRANSPORT__KAFKA__SESSION_TIMEOUT_MS: '6000',
      LETHE_STORES__KIND: 'redis',
      LETHE_STORES__REDIS__URL: redisUrl,
      LETHE_CHECKPOINTS__KIND: 'redis',
      LETHE_LOG__LEVEL: 'error',
    };
    log = await createKafkaLog(kafkaTestOptions(brokers));
    // As an operator makes them who knows nothing of Lethe's limits.
    const made = [topics.queries, topics['dead-letters'], topics.commands].map((topic) => ({
      topic,
      numPartitions: topic === topics.commands ? 1 : 4,
      configEntries: [{ name: 'max.message.bytes', value: String(KAFKAS_DEFAULT) }],
    }));
    await withAdmin(kafkaTestOptions(brokers), (admin) => admin.createTopics({ topics: made }));
  });
  afterAll(async () => {
    following?.unsubscribe();
    for (const child of children) child.kill('SIGKILL');
    await log?.close();
  });

  it('learns, answers each query once although a worker is killed, and forgets', async () => {
    const learner = await start('learn');
    const [first] = await Promise.all([start('infer'), start('infer')]);
    const group = `answers-${randomUUID()}`;
    following = log
      .read({ topics: [topics.predictions], group, maxInFlight: 256, from: 'earliest', transient: true })
      .pipe(
        concatMap(async (record) => {
          await log.settle(group, [{ input: record, outputs: [] }]);
          return decodePrediction(record);
        }),
      )
      .subscribe((prediction) => predictions.push(prediction));

    await command({
      id: 'l1',
      kind: 'learn',
      task: 't1',
      classes: Object.keys(AXES),
      samples: 3 * PER_CLASS,
    });
    await log.publish(
      Object.entries(AXES).flatMap(([label, axis]) =>
        Array.from({ length: PER_CLASS }, (_, index) => {
          const payload = { kind: 'vector' as const, vector: around(axis, index, DIMENSION) };
          return encodeSample({ id: `${label}-${index}`, label, task: 't1', payload }, topics);
        }),
      ),
    );
    await event('task-finished');
    await expect.poll(async () => JSON.stringify(await first.client.status())).toContain('"version":"v0001');

    await log.publish(queries(0, 300));
    first.child.kill('SIGKILL');
    await log.publish(queries(300, 600));
    await answered(600);

    await command({ id: 'u1', kind: 'unlearn', classes: ['dog'] });
    const unlearned = z
      .object({ registryVersion: z.int(), classes: z.array(z.object({ name: z.string(), moved: z.int() })) })
      .parse(await event('unlearned'));
    expect(unlearned.classes).toEqual([{ name: 'dog', moved: PER_CLASS }]);
    await log.publish(queries(600, 900));
    await answered(900);

    expect(new Set(predictions.map(({ queryId }) => queryId)).size).toBe(900);
    const late = predictions.filter(({ queryId }) => Number(queryId.slice(1)) >= 600);
    expect(late.every(({ registryVersion }) => registryVersion >= unlearned.registryVersion)).toBe(true);
    expect(
      late.flatMap(({ label, probabilities }) => [label, ...probabilities.map((each) => each.label)]),
    ).not.toContain('dog');
    expect(await learner.client.status()).toMatchObject({ databases: { cil: 2 * PER_CLASS, mu: PER_CLASS } });
  });

  it('refuses at the gateway what its topics could not carry; all else that is near their limit has one outcome', async () => {
    const alive = workers.filter(({ child }) => child.exitCode === null && child.signalCode === null);
    expect(alive).toHaveLength(2);
    const sizes = Array.from({ length: 11 }, (_, index) => KAFKAS_DEFAULT - 688 + 50 * index);
    /** @returns the ids that were accepted */
    const post = async (
      role: 'queries' | 'commands',
      contentType: string,
      bodyOf: (size: number) => Buffer,
    ) => {
      const accepted: string[] = [];
      for (const [index, size] of sizes.entries()) {
        const id = `${role}-${size}`;
        const headers = { 'content-type': contentType, 'ce-id': id };
        const answer = await fetch(`${alive[index % 2]?.url}/v1/${role}`, {
          method: 'POST',
          headers,
          body: bodyOf(size),
        });
        if (answer.status === 202) {
          accepted.push(id);
          continue;
        }
        expect([id, answer.status]).toEqual([id, 413]);
        const { error } = refusalSchema.parse(await answer.json());
        expect(error).toMatchObject({ code: 'image-too-large', field: 'body' });
        expect(error.message).toMatch(new RegExp(`the topic ${topics[role]} allows 10484\\d\\d`));
        expect(error.remedy).toContain(`raise max.message.bytes of ${topics[role]}`);
      }
      expect(accepted.length).toBeGreaterThan(0);
      expect(accepted.length).toBeLessThan(sizes.length);
      return accepted;
    };
    const queriesAccepted = await post('queries', 'image/png', (size) => Buffer.alloc(size));
    const commandsAccepted = await post('commands', 'application/json', learnOf);
    const keysOf = async (topic: string, idOf: (record: LogRecord) => string | undefined) => {
      const found: string[] = [];
      const handle = async (record: LogRecord): Promise<void> => {
        const id = idOf(record);
        if (id !== undefined) found.push(id);
      };
      await lastValueFrom(keptNow(log, topic, { handle }), { defaultValue: undefined });
      return found.sort();
    };
    const refused = () => keysOf(topics['dead-letters'], ({ key }) => key ?? '');
    const rejected = () =>
      keysOf(topics.events, (record) => {
        const event = decodeEvent(record);
        return event.kind === 'command-rejected' ? event.commandId : undefined;
      });
    await expect.poll(refused).toEqual(queriesAccepted);
    await expect.poll(rejected).toEqual(commandsAccepted);
    await log.publish(queries(900, 930));
    await answered(930);
    expect([await refused(), await rejected()]).toEqual([queriesAccepted, commandsAccepted]);
    for (const { child } of alive) expect([child.exitCode, child.signalCode]).toEqual([null, null]);
  });
});

/** A command of so many bytes to learn thousands of classes, one of which is known. */
function learnOf(bytes: number): Buffer {
  const classes = ['cat', ...Array.from({ length: 5000 }, (_, index) => `${'x'.repeat(190)}${index}`)];
  const command = JSON.stringify({ kind: 'learn', task: 'large', classes, samples: 1 });
  return Buffer.from(command.padEnd(bytes));
}

describe('a wrong configuration of the services', () => {
  const failing = async (variables: Readonly<Record<string, string>>) => {
    const env = {
      ...process.env,
      LETHE_MODEL__CHECKPOINTS: mkdtempSync(join(tmpdir(), 'lethe-wrong-')),
      LETHE_LOG__LEVEL: 'error',
      ...variables,
    };
    const child = spawn(process.execPath, [LETHE, 'run', '--port', '0'], { env });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    const [code] = await once(child, 'close');
    return { code: Number(code), lines: errors.trim().split('\n') };
  };

  it.each([
    [
      'a broker where none is',
      {
        LETHE_TRANSPORT__KIND: 'kafka',
        LETHE_TRANSPORT__KAFKA__BROKERS: '["127.0.0.1:9"]',
        LETHE_TRANSPORT__KAFKA__START_TIMEOUT_MS: '2000',
      },
      /transport\.kafka\.brokers/,
    ],
    [
      'a Redis where none is',
      {
        LETHE_STORES__KIND: 'redis',
        LETHE_STORES__REDIS__URL: 'redis://127.0.0.1:9',
        LETHE_STORES__REDIS__START_TIMEOUT_MS: '1000',
      },
      /stores\.redis\.url/,
    ],
    ['Kafka beside databases in memory', { LETHE_TRANSPORT__KIND: 'kafka' }, /stores\.kind/],
  ])('%s: one line that names the key, exit code 78', async (_, variables, key) => {
    const { redisUrl } = await sharedServices();
    const redis = key.source.includes('brokers')
      ? { LETHE_STORES__KIND: 'redis', LETHE_STORES__REDIS__URL: redisUrl, LETHE_MODEL__NAME: randomUUID() }
      : {};
    const { code, lines } = await failing({ ...redis, ...variables });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(key);
    expect(code).toBe(78);
  });
});
