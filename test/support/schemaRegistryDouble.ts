import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { Ajv } from 'ajv';
import { Hono } from 'hono';
import { z } from 'zod';
import { listen } from '../../src/streams/transports/http/server.js';

const bodySchema = z.object({ schema: z.string(), schemaType: z.literal('JSON') });

interface Registered {
  readonly id: number;
  readonly guid: string;
  readonly schema: string;
}

/**
 * A TEST DOUBLE, not a registry: the part of Confluent's REST API that clients of JSON Schema use, written after its
 * documentation, with its status and error codes. No registry could be had from the package registries: Karapace is not on
 * PyPI, and Apicurio's artifacts on Maven Central want libraries that are not there. What else speaks the API, Confluent's
 * own Python client, is tested against it too.
 */
export interface SchemaRegistryDouble {
  readonly url: string;
  /** What was asked so far, as `POST /subjects/…`. */
  readonly requests: readonly string[];
  /** The schema under an id. */
  schema(id: number): unknown;
  subjects(): readonly string[];
  close(): Promise<void>;
}

export interface DoubleOptions {
  /** Asked by basic authentication. */
  readonly user?: { readonly name: string; readonly password: string };
  /** So many requests are answered with 503 first, as by a registry that is starting. */
  readonly busy?: number;
  /** Subjects that hold something with which nothing is compatible. */
  readonly incompatible?: readonly string[];
}

export async function startSchemaRegistryDouble(options: DoubleOptions = {}): Promise<SchemaRegistryDouble> {
  const registered: Registered[] = [];
  const subjects = new Map<string, number[]>();
  const requests: string[] = [];
  let busy = options.busy ?? 0;

  const same = (schema: string) =>
    registered.find((each) => isDeepStrictEqual(JSON.parse(each.schema), JSON.parse(schema)));
  const described = (subject: string, id: number) => {
    const version = (subjects.get(subject)?.indexOf(id) ?? 0) + 1;
    return { subject, version, schemaType: 'JSON', ...registered.find((each) => each.id === id) };
  };

  const api = new Hono();
  api.use(async ({ req, json }, next) => {
    requests.push(`${req.method} ${req.path}`);
    if (busy-- > 0) return json({ error_code: 50301, message: 'starting' }, 503);
    if (options.user && req.header('authorization') !== basic(options.user)) {
      return json({ error_code: 401, message: 'Unauthorized' }, 401);
    }
    return next();
  });
  api.get('/schemas/ids/:id', ({ req, json }) => {
    const found = registered.find(({ id }) => String(id) === req.param('id'));
    return found ? json({ schemaType: 'JSON', ...found }) : json(NO_SCHEMA, 404);
  });
  api.get('/subjects/:subject/versions/latest', ({ req, json }) => {
    const subject = req.param('subject');
    const id = subjects.get(subject)?.at(-1);
    return id === undefined ? json(NO_SUBJECT, 404) : json(described(subject, id));
  });
  api.post('/subjects/:subject/versions', async ({ req, json }) => {
    const subject = req.param('subject');
    const schema = schemaIn(await req.json());
    if (schema === undefined) return json(INVALID, 422);
    if (options.incompatible?.includes(subject)) return json(INCOMPATIBLE, 409);
    const known = same(schema) ?? { id: registered.length + 1, guid: randomUUID(), schema };
    if (!registered.includes(known)) registered.push(known);
    const versions = subjects.get(subject) ?? [];
    subjects.set(subject, versions.includes(known.id) ? versions : [...versions, known.id]);
    return json({ id: known.id });
  });
  api.post('/subjects/:subject', async ({ req, json }) => {
    const subject = req.param('subject');
    const schema = schemaIn(await req.json());
    if (schema === undefined) return json(INVALID, 422);
    const versions = subjects.get(subject);
    if (!versions) return json(NO_SUBJECT, 404);
    const known = same(schema);
    return known && versions.includes(known.id) ? json(described(subject, known.id)) : json(NO_SCHEMA, 404);
  });

  const { url, close } = await listen(api, { host: '127.0.0.1', port: 0 });
  return {
    url,
    requests,
    schema: (id) => JSON.parse(registered.find((each) => each.id === id)?.schema ?? 'null'),
    subjects: () => [...subjects.keys()],
    close,
  };
}

const NO_SUBJECT = { error_code: 40401, message: 'Subject not found' };
const NO_SCHEMA = { error_code: 40403, message: 'Schema not found' };
const INVALID = { error_code: 42201, message: 'Invalid schema' };
const INCOMPATIBLE = {
  error_code: 409,
  message: 'Schema being registered is incompatible with an earlier schema',
};

/** The schema that a request registers or looks up; none where it is no JSON Schema. */
function schemaIn(body: unknown): string | undefined {
  const { data } = bodySchema.safeParse(body);
  return data && isSchema(data.schema) ? data.schema : undefined;
}

function isSchema(text: string): boolean {
  return new Ajv({ strict: false }).validateSchema(JSON.parse(text)) === true;
}

function basic({ name, password }: { readonly name: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
}
