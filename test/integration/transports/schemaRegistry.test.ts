import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import kafkajs from 'kafkajs';
import { firstValueFrom, map, toArray } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { execute } from '../../../scripts/services/commands.js';
import { framingOf } from '../../../src/app/adapters/schemaRegistry.js';
import { loadConfig } from '../../../src/app/config/loadConfig.js';
import { createKafkaClient } from '../../../src/client/index.js';
import { encodeCommand, encodeQuery } from '../../../src/domain/cloudEvents.js';
import { eventSchema } from '../../../src/domain/messages/event.js';
import { topicsUnder } from '../../../src/domain/topics.js';
import { keptNow } from '../../../src/streams/keptNow.js';
import { createKafkaLog } from '../../../src/streams/transports/kafka/kafkaLog.js';
import { schemaFraming } from '../../../src/streams/transports/kafka/schemaRegistry/framing.js';
import { kafkaTestOptions } from '../../support/kafkaOptions.js';
import { overServices, startLetheProcess } from '../../support/letheProcess.js';
import { pythonVariables } from '../../support/python.js';
import {
  type DoubleOptions,
  type SchemaRegistryDouble,
  startSchemaRegistryDouble,
} from '../../support/schemaRegistryDouble.js';
import { sharedServices } from '../../support/services.js';

const PYTHON = fileURLToPath(new URL('./schemaRegistry.py', import.meta.url));
const topics = topicsUnder('lethe.');
const relearn = encodeCommand({ id: 'c', kind: 'relearn', classes: ['a'] }, 'main', topics);
const read = <R extends object>(record: R) => ({ ...record, partition: 0, offset: 0n, timestamp: 0 });

describe('the wire format', () => {
  const framing = schemaFraming(new Map([[topics.commands, 0x01020304]]));

  it('is a zero, the id of the schema in 4 bytes, and the JSON', () => {
    const { value } = framing.write(relearn);
    expect([...value.subarray(0, 5)]).toEqual([0, 1, 2, 3, 4]);
    expect(value.subarray(5)).toEqual(relearn.value);
    expect(framing.read(read({ ...relearn, value })).value).toEqual(relearn.value);
  });

  it('is read where it is there, and is not written for other topics and content types', () => {
    expect(framing.read(read(relearn)).value).toBe(relearn.value);
    expect(framing.write({ ...relearn, topic: topics.audit }).value).toBe(relearn.value);
    const vector = encodeQuery(
      { id: 'q', payload: { kind: 'vector', vector: Float32Array.of(0, 0) } },
      topics,
    );
    expect(framing.read(read(vector)).value).toBe(vector.value);
    expect(framing.write({ ...vector, topic: topics.commands }).value).toBe(vector.value);
  });
});

describe('the registry at the start', () => {
  const settings = async (options: DoubleOptions, variables: Record<string, string> = {}) => {
    const double = await startSchemaRegistryDouble(options);
    onTestFinished(() => double.close());
    const { config } = loadConfig({
      variables: {
        LETHE_TRANSPORT__KAFKA__SCHEMA_REGISTRY__ENABLED: 'true',
        LETHE_TRANSPORT__KAFKA__SCHEMA_REGISTRY__URL: double.url,
        LETHE_TRANSPORT__KAFKA__START_TIMEOUT_MS: '3000',
        ...variables,
      },
    });
    return { double, config };
  };

  it('is given the schemas, and waited for while it starts', async () => {
    const { double, config } = await settings({ busy: 2 });
    await framingOf(config, topics);
    const named = ['samples', 'queries', 'commands', 'predictions', 'events', 'models'];
    expect(double.subjects()).toEqual(named.map((name) => `lethe.${name}-value`));
    const before = double.requests.length;
    await framingOf(config, topics);
    expect(double.requests.length - before).toBe(named.length);
  });

  it('may ask for a user', async () => {
    const user = { name: 'lethe', password: 'secret word' };
    const refused = await settings({ user });
    await expect(framingOf(refused.config, topics)).rejects.toMatchObject({
      code: 'config-invalid',
      field: 'transport.kafka.schemaRegistry.username',
    });
    const { double, config } = await settings(
      { user },
      {
        LETHE_TRANSPORT__KAFKA__SCHEMA_REGISTRY__USERNAME: user.name,
        LETHE_TRANSPORT__KAFKA__SCHEMA_REGISTRY__PASSWORD: user.password,
      },
    );
    await framingOf(config, topics);
    expect(double.subjects()).toHaveLength(6);
  });

  it('is only asked where it is not to be written', async () => {
    const { double, config } = await settings(
      {},
      { LETHE_TRANSPORT__KAFKA__SCHEMA_REGISTRY__REGISTER: 'false' },
    );
    await expect(framingOf(config, topics)).rejects.toMatchObject({
      code: 'config-invalid',
      field: 'transport.kafka.schemaRegistry.register',
    });
    expect(double.subjects()).toEqual([]);
    const { schemaRegistry } = config.transport.kafka;
    const registering = {
      ...config,
      transport: {
        ...config.transport,
        kafka: { ...config.transport.kafka, schemaRegistry: { ...schemaRegistry, register: true } },
      },
    };
    await framingOf(registering, topics);
    expect(await framingOf(config, topics)).toBeDefined();
  });

  it('refuses a schema that is not compatible with the one before', async () => {
    const { config } = await settings({ incompatible: ['lethe.events-value'] });
    await expect(framingOf(config, topics)).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringContaining('incompatible with an earlier schema'),
      remedy: expect.stringContaining('BACKWARD'),
    });
  });

  it('is missed in the time that the cluster has', async () => {
    const { double, config } = await settings({}, { LETHE_TRANSPORT__KAFKA__START_TIMEOUT_MS: '300' });
    await double.close();
    await expect(framingOf(config, topics)).rejects.toMatchObject({
      code: 'config-invalid',
      field: 'transport.kafka.schemaRegistry.url',
    });
  });
});

describe('a worker over Kafka with a registry', () => {
  const model = `registry-${randomUUID()}`;
  const own = topicsUnder(`${model}.`);
  const children: ChildProcess[] = [];
  let double: SchemaRegistryDouble;
  let brokers: string;

  beforeAll(async () => {
    double = await startSchemaRegistryDouble();
    const services = await sharedServices();
    brokers = services.brokers;
    const variables = {
      ...overServices(services, model),
      LETHE_TRANSPORT__KAFKA__SCHEMA_REGISTRY__ENABLED: 'true',
      LETHE_TRANSPORT__KAFKA__SCHEMA_REGISTRY__URL: double.url,
    };
    await startLetheProcess([], variables, (child) => children.push(child));
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await double?.close();
  });

  it("reads what Confluent's client writes, and is read by it", async () => {
    const command = JSON.stringify({ kind: 'relearn', classes: ['nobody'] });
    const variables = await pythonVariables();
    const printed = await execute('env', [
      `PYTHONPATH=${variables.PYTHONPATH}`,
      'python3',
      PYTHON,
      brokers,
      double.url,
      `${model}.`,
      command,
    ]);
    expect(eventSchema.parse(JSON.parse(printed))).toMatchObject({
      kind: 'command-rejected',
      commandId: 'from-python',
      error: { code: 'unknown-class' },
    });
  });

  it('is understood by lethe/client, which needs no registry', async () => {
    const client = await createKafkaClient({
      brokers: [brokers],
      topicPrefix: `${model}.`,
      modelName: model,
    });
    onTestFinished(() => client.close());
    await expect(client.relearn(['nobody'])).rejects.toMatchObject({ code: 'unknown-class' });
  });

  it('writes events with the id of their schema, and the audit chain without', async () => {
    const producer = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING }).producer();
    await producer.connect();
    onTestFinished(() => producer.disconnect());
    const bare = encodeCommand({ id: 'bare', kind: 'relearn', classes: ['nobody'] }, model, own);
    const { value, headers } = bare;
    await producer.send({ topic: own.commands, messages: [{ key: model, value, headers }] });
    const log = await createKafkaLog(kafkaTestOptions(brokers));
    onTestFinished(() => log.close());
    const written = async (topic: string): Promise<Buffer[]> =>
      firstValueFrom(
        keptNow(log, topic).pipe(
          map(({ value }) => value),
          toArray(),
        ),
      );
    await expect.poll(() => written(own.events).then(String)).toContain('"commandId":"bare"');
    for (const event of await written(own.events)) {
      expect(event[0]).toBe(0);
      const schema = double.schema(event.readUInt32BE(1));
      const fits = new Ajv({ strict: false, validateFormats: false }).compile(schema as object);
      expect(fits(JSON.parse(event.subarray(5).toString())), String(event)).toBe(true);
    }
    await expect.poll(() => written(own.audit).then(String)).toContain('"bare"');
    for (const record of await written(own.audit)) expect(record.toString().startsWith('{')).toBe(true);
  });
});
