/** The worker, its limits, and what it tells of itself. Every field says what it is for. */
import { z } from 'zod';
import { count, MEGABYTE, milliseconds } from './common.js';

export const worker = z
  .strictObject({
    role: z
      .enum(['learn', 'infer', 'all'])
      .describe(
        'learn: samples and commands (one worker, others stand by); infer: queries (any number); all: both.',
      ),
    name: z.string().min(1).max(100).optional().describe('Name in logs; by default that of the host.'),
    leaseMs: milliseconds
      .min(1000)
      .describe('With Redis: a learner that is silent for so long is replaced by another that stands by.'),
  })
  .describe('What this process does.');

export const limits = z
  .strictObject({
    imageBytes: count.describe('Largest encoded image, in bytes.'),
    imagePixels: count.describe(
      'Largest image, width times height; refused from its header before it is decoded.',
    ),
    inFlight: count.max(100_000).describe('Records of a topic that are under way at most: bounds memory.'),
    inFlightBytes: count
      .min(MEGABYTE)
      .describe('Bytes of the records of a topic that are under way at most; one record always may be.'),
    vectorBatchSize: count.max(4096).describe('Vectors of samples that are stored together at most.'),
    decodeConcurrency: count.max(256).describe('Images that are decoded at the same time.'),
  })
  .describe('What a message may cost.');

export const log = z
  .strictObject({
    level: z
      .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
      .describe('Least level written.'),
    format: z
      .enum(['auto', 'json', 'text'])
      .describe('json: one object a line; text: for people; auto: text on a terminal.'),
  })
  .describe('Structured logs, on standard error.');

export const audit = z
  .strictObject({
    signingKey: z
      .string()
      .optional()
      .describe('PEM file of the Ed25519 key (PKCS #8) that erasure certificates are signed with.'),
  })
  .describe('The record of what was asked for and done.');

export const traces = z
  .strictObject({
    enabled: z
      .boolean()
      .describe('Whether records are followed through the stages by OpenTelemetry; off costs nothing.'),
    url: z
      .url()
      .optional()
      .describe(
        'Where spans are sent (OTLP over HTTP), with its path; by default as the variables OTEL_EXPORTER_OTLP_* say, else http://localhost:4318/v1/traces.',
      ),
    ratio: z
      .number()
      .min(0)
      .max(1)
      .describe(
        'Share of the records without a traceparent that begin a trace; those with one go by its flag.',
      ),
  })
  .describe('Distributed traces.');
