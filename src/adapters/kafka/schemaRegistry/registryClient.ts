import pRetry from 'p-retry';
import { z } from 'zod';
import { LetheError } from '../../../domain/errors.js';

/** Address of a registry with Confluent's REST API (Apicurio and Karapace have it, too). */
export interface RegistryOptions {
  /** e.g. `https://registry:8081` or with a path, e.g. `http://apicurio:8080/apis/ccompat/v7` */
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** How long it may take to answer at the start; after that, it is a configuration error. */
  readonly startTimeoutMs: number;
}

const MEDIA_TYPE = 'application/vnd.schemaregistry.v1+json';
const REQUEST_MS = 10_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;

const idSchema = z.object({ id: z.int().nonnegative().max(0xffffffff) });
const problemSchema = z.object({ error_code: z.int().optional(), message: z.string() });

/** The response: an id, or the reason why there is none. */
interface Answer {
  readonly status: number;
  readonly text: string;
}

/**
 * The id of a JSON Schema under a subject: registered if missing, or only looked up.
 * @throws LetheError `config-invalid` if the registry refuses it, does not know it, or does not answer in time
 */
export async function schemaId(
  options: RegistryOptions,
  {
    subject,
    schema,
    register,
  }: { readonly subject: string; readonly schema: object; readonly register: boolean },
): Promise<number> {
  const path = `subjects/${encodeURIComponent(subject)}${register ? '/versions' : ''}`;
  const { status, text } = await post(options, path, { schemaType: 'JSON', schema: JSON.stringify(schema) });
  const id = idSchema.safeParse(jsonOr(text));
  if (status === 200 && id.success) return id.data.id;
  throw refusal(options, subject, { status, text });
}

/** Retries while the registry is unreachable or overloaded, because it may be starting, too. */
async function post(options: RegistryOptions, path: string, body: object): Promise<Answer> {
  const { url, username, password, startTimeoutMs } = options;
  const headers: Record<string, string> = { 'content-type': MEDIA_TYPE, accept: MEDIA_TYPE };
  if (username !== undefined && password !== undefined) {
    headers.authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  }
  const address = `${url.replace(/\/+$/, '')}/${path}`;
  const ask = async (): Promise<Answer> => {
    const signal = AbortSignal.timeout(Math.min(REQUEST_MS, startTimeoutMs));
    const response = await fetch(address, { method: 'POST', headers, body: JSON.stringify(body), signal });
    const answer = { status: response.status, text: await response.text() };
    if (response.status < 500) return answer;
    throw new Error(`it answered ${answer.status}: ${shown(answer)}`);
  };
  try {
    return await pRetry(ask, {
      retries: Number.POSITIVE_INFINITY,
      maxRetryTime: startTimeoutMs,
      minTimeout: FIRST_PAUSE_MS,
      maxTimeout: LONGEST_PAUSE_MS,
    });
  } catch (cause) {
    throw new LetheError('config-invalid', `no schema registry responds at ${url}: ${whyOf(cause)}`, {
      field: 'transport.kafka.schemaRegistry.url',
      value: url,
      remedy:
        'Start it, or correct the address. `transport.kafka.schemaRegistry.enabled: false` disables it.',
      retriable: true,
      cause,
    });
  }
}

function refusal({ url }: RegistryOptions, subject: string, answer: Answer): LetheError {
  const [field, remedy] = remedyFor(answer.status);
  return new LetheError(
    'config-invalid',
    `the schema registry refuses the schema of ${subject} (${answer.status}): ${shown(answer)}`,
    { field: `transport.kafka.schemaRegistry.${field}`, value: url, remedy },
  );
}

function remedyFor(status: number): [field: string, remedy: string] {
  switch (status) {
    case 401:
    case 403:
      return [
        'username',
        'Set a user that may write the subjects, with LETHE_TRANSPORT__KAFKA__SCHEMA_REGISTRY__PASSWORD.',
      ];
    case 404:
      return [
        'register',
        'Register the schemas of docs/asyncapi/schemas first, set register to true, or correct the url.',
      ];
    case 409:
      return [
        'url',
        'The subject has an incompatible schema. Set its compatibility level to BACKWARD or NONE.',
      ];
    default:
      return ['url', "Name the root of a REST API that is compatible with Confluent's schema registry."];
  }
}

function shown({ text }: Answer): string {
  const problem = problemSchema.safeParse(jsonOr(text));
  return problem.success ? problem.data.message : text.slice(0, 200);
}

function whyOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  return thrown.cause instanceof Error && thrown.cause.message ? thrown.cause.message : thrown.message;
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
