/** The worker, its limits, and what it tells of itself. Every field says what it is for. */
import { z } from 'zod';
import { count, MEGABYTE, milliseconds } from './common.js';

export const worker = z
  .strictObject({
    role: z
      .enum(['learn', 'infer', 'all'])
      .describe(
        'learn: samples and commands (one worker works, others stand by); infer: queries (any number of workers); all: both.',
      ),
    name: z
      .string()
      .min(1)
      .max(100)
      .optional()
      .describe(
        'Name in logs and metrics. The default is host:port, or host/process id without a gateway or with http.port 0.',
      ),
    leaseMs: milliseconds
      .min(1000)
      .describe(
        'Lease of the learner, with Redis: a standby replaces a learner that is silent for this long.',
      ),
  })
  .describe('The role of this process.');

export const limits = z
  .strictObject({
    imageBytes: count.describe('Largest encoded image, in bytes.'),
    imagePixels: count.describe(
      'Largest image, as width times height. Lethe checks it before it decodes the image.',
    ),
    textBytes: count.max(16 * MEGABYTE).describe('Largest text in UTF-8, in bytes.'),
    inFlight: count.max(100_000).describe('Limit of records of a topic in flight. It bounds memory.'),
    inFlightBytes: count
      .min(MEGABYTE)
      .describe('Limit of records of a topic in flight, in bytes. One record is always allowed.'),
    vectorBatchSize: count.max(4096).describe('Largest batch of sample vectors to store.'),
    decodeConcurrency: count.max(256).describe('Images that Lethe decodes at the same time.'),
  })
  .describe('Limits of messages.');

export const log = z
  .strictObject({
    level: z
      .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
      .describe('Lowest level to write.'),
    format: z
      .enum(['auto', 'json', 'text'])
      .describe('json: one object a line; text: for people; auto: text on a terminal, otherwise json.'),
  })
  .describe('Structured logs, on standard error.');

export const audit = z
  .strictObject({
    signingKey: z
      .string()
      .optional()
      .describe(
        'PEM file of the Ed25519 key (PKCS #8) that signs certificates of erasure and, on the learner, the records of the audit chain.',
      ),
    publicKeys: z
      .array(z.string().min(1))
      .describe('PEM files of the public keys that verify the audit chain: the current one and former ones.'),
  })
  .describe('The audit chain: a record of all commands and their effects.');

export const traces = z
  .strictObject({
    enabled: z
      .boolean()
      .describe('Whether OpenTelemetry spans follow records through the stages. false costs nothing.'),
    url: z
      .url()
      .optional()
      .describe(
        'URL that receives the spans (OTLP over HTTP), with its path. The default is that of the OTEL_EXPORTER_OTLP_* variables, or http://localhost:4318/v1/traces.',
      ),
    ratio: z
      .number()
      .min(0)
      .max(1)
      .describe(
        'Share of records without a traceparent that start a trace. A record with a traceparent follows its flag.',
      ),
  })
  .describe('Distributed traces.');
