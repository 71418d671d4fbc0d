import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import kafkajs from 'kafkajs';
import { createKafkaClient } from 'lethe-client/kafka';
import { firstValueFrom, map, toArray } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { execute } from '../../../scripts/services/commands.js';
import { freePort } from '../../../scripts/services/ports.js';
import type { SchemaRegistryService } from '../../../scripts/services/schemaRegistry.js';
import { createKafkaLog } from '../../../src/adapters/kafka/kafkaLog.js';
import { schemaFraming } from '../../../src/adapters/kafka/schemaRegistry/framing.js';
import { keptNow } from '../../../src/adapters/keptNow.js';
import { framingOf } from '../../../src/app/adapters/schemaRegistry.js';
import { loadConfig } from '../../../src/app/config/loadConfig.js';
import type { LetheConfig } from '../../../src/app/config/schema.js';
import { encodeCommand, encodeQuery } from '../../../src/domain/cloudEvents.js';
import { eventSchema } from '../../../src/domain/messages/event.js';
import { topicsUnder } from '../../../src/domain/topics.js';
import { kafkaTestOptions } from '../../support/kafkaOptions.js';
import { overServices, startLetheProcess } from '../../support/letheProcess.js';
import { pythonVariables } from '../../support/python.js';
import { type DoubleOptions, startSchemaRegistryDouble } from '../../support/schemaRegistryDouble.js';
import { type Own, ownSchemaRegistry, sharedServices } from '../../support/services.js';

const registeredSchema = z.object({ schema: z.string() });
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

/** The settings of a worker that keeps its schemas at the address. */
function configFor(url: string, variables: Record<string, string> = {}): LetheConfig {
  return loadConfig({
    variables: {
      LETHE_TRANSPORT__KAFKA__SCHEMA_REGISTRY__ENABLED: 'true',
      LETHE_TRANSPORT__KAFKA__SCHEMA_REGISTRY__URL: url,
      ...variables,
    },
  }).config;
}

/** What the registry answers at a path, by its API compatible with Confluent's. */
async function asked(
  url: string,
  path: string,
  request?: { method: string; body: object },
): Promise<unknown> {
  const response = await fetch(`${url}/${path}`, {
    ...(request && { method: request.method, body: JSON.stringify(request.body) }),
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
  });
  expect(response.status).toBe(200);
  return response.json();
}

let registry: Own<SchemaRegistryService>;
beforeAll(async () => {
  registry = await ownSchemaRegistry();
});
afterAll(() => registry?.dispose());

describe('the registry at the start', () => {
  const fresh = () => topicsUnder(`${randomUUID()}.`);
  const versionsOf = (subject: string) => asked(registry.url, `subjects/${subject}/versions`);

  it('is given the schemas once, however often it is asked', async () => {
    const own = fresh();
    const first = await framingOf(configFor(registry.url), own);
    const again = await framingOf(configFor(registry.url), own);
    for (const topic of [own.samples, own.queries, own.commands, own.predictions, own.events, own.models])
      expect(await versionsOf(`${topic}-value`)).toEqual([1]);
    const command = encodeCommand({ id: 'c', kind: 'relearn', classes: ['a'] }, 'main', own);
    expect(again?.write(command).value).toEqual(first?.write(command).value);
    expect(first?.write(command).value[0]).toBe(0);
  });

  it('is waited for while it starts', async () => {
    const port = await freePort();
    const framing = framingOf(configFor(`http://127.0.0.1:${port}/apis/ccompat/v7`), fresh());
    const late = await ownSchemaRegistry({ port });
    onTestFinished(() => late.dispose());
    expect(await framing).toBeDefined();
  });

  it('is only asked where it is not to be written', async () => {
    const own = fresh();
    const asking = configFor(registry.url, { LETHE_TRANSPORT__KAFKA__SCHEMA_REGISTRY__REGISTER: 'false' });
    await expect(framingOf(asking, own)).rejects.toMatchObject({
      code: 'config-invalid',
      field: 'transport.kafka.schemaRegistry.register',
    });
    expect(await asked(registry.url, 'subjects')).not.toContain(`${own.samples}-value`);
    await framingOf(configFor(registry.url), own);
    expect(await framingOf(asking, own)).toBeDefined();
  });

  it('refuses a schema that is not compatible with the one before', async () => {
    const own = fresh();
    const subject = `${own.events}-value`;
    const before = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      type: 'object',
      properties: { kind: { type: 'integer' } },
    };
    const body = { schemaType: 'JSON', schema: JSON.stringify(before) };
    await asked(registry.url, `subjects/${subject}/versions`, { method: 'POST', body });
    const level = { method: 'PUT', body: { compatibility: 'BACKWARD' } };
    await asked(registry.url, `config/${subject}`, level);
    await expect(framingOf(configFor(registry.url), own)).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringMatching(/\(409\).*incompatible/i),
      remedy: expect.stringContaining('BACKWARD'),
    });
  });

  it('is missed in the time that the cluster has', async () => {
    const nobody = `http://127.0.0.1:${await freePort()}`;
    const impatient = configFor(nobody, { LETHE_TRANSPORT__KAFKA__START_TIMEOUT_MS: '300' });
    await expect(framingOf(impatient, fresh())).rejects.toMatchObject({
      code: 'config-invalid',
      field: 'transport.kafka.schemaRegistry.url',
    });
  });
});

describe('a registry that is overloaded or asks for a user (a double)', () => {
  const double = async (options: DoubleOptions) => {
    const started = await startSchemaRegistryDouble(options);
    onTestFinished(() => started.close());
    return started;
  };

  it('is asked again after a 503', async () => {
    const { url, requests } = await double({ busy: 2 });
    expect(await framingOf(configFor(url), topics)).toBeDefined();
    expect(requests).toHaveLength(2 + 6);
  });

  it('is told the user, and its refusal names the setting', async () => {
    const user = { name: 'lethe', password: 'secret word' };
    const { url } = await double({ user });
    await expect(framingOf(configFor(url), topics)).rejects.toMatchObject({
      code: 'config-invalid',
      field: 'transport.kafka.schemaRegistry.username',
    });
    const known = configFor(url, {
      LETHE_TRANSPORT__KAFKA__SCHEMA_REGISTRY__USERNAME: user.name,
      LETHE_TRANSPORT__KAFKA__SCHEMA_REGISTRY__PASSWORD: user.password,
    });
    expect(await framingOf(known, topics)).toBeDefined();
  });
});

describe('a worker over Kafka with a registry', () => {
  const model = `registry-${randomUUID()}`;
  const own = topicsUnder(`${model}.`);
  const children: ChildProcess[] = [];
  let brokers: string;

  beforeAll(async () => {
    const services = await sharedServices();
    brokers = services.brokers;
    const variables = {
      ...overServices(services, model),
      LETHE_TRANSPORT__KAFKA__SCHEMA_REGISTRY__ENABLED: 'true',
      LETHE_TRANSPORT__KAFKA__SCHEMA_REGISTRY__URL: registry.url,
    };
    await startLetheProcess([], variables, (child) => children.push(child));
  });
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL');
  });

  it("reads what Confluent's client writes, and is read by it", async () => {
    const command = JSON.stringify({ kind: 'relearn', classes: ['nobody'] });
    const variables = await pythonVariables();
    const printed = await execute('env', [
      `PYTHONPATH=${variables.PYTHONPATH}`,
      'python3',
      PYTHON,
      brokers,
      registry.url,
      `${model}.`,
      command,
    ]);
    expect(eventSchema.parse(JSON.parse(printed))).toMatchObject({
      kind: 'command-rejected',
      commandId: 'from-python',
      error: { code: 'unknown-class' },
    });
  });

  it('is understood by lethe-client, which needs no registry', async () => {
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
      const { schema } = registeredSchema.parse(
        await asked(registry.url, `schemas/ids/${event.readUInt32BE(1)}`),
      );
      const fits = new Ajv({ strict: false, validateFormats: false }).compile(JSON.parse(schema));
      expect(fits(JSON.parse(event.subarray(5).toString())), String(event)).toBe(true);
    }
    await expect.poll(() => written(own.audit).then(String)).toContain('"bare"');
    for (const record of await written(own.audit)) expect(record.toString().startsWith('{')).toBe(true);
  });
});
