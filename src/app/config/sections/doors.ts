/** The HTTP gateway and the console. Every field has a description. */
import { z } from 'zod';
import { count, MEGABYTE } from './common.js';

export const http = z
  .strictObject({
    enabled: z.boolean().describe('Whether this worker serves HTTP: messages, status, metrics and health.'),
    host: z
      .string()
      .min(1)
      .describe('Address to bind. The default, loopback, is reachable from this machine only.'),
    port: z.int().min(0).max(65_535).describe('Port. 0 takes a free one.'),
    bodyBytes: count.max(1024 * MEGABYTE).describe('Largest body of a request, in bytes.'),
    inFlightBytes: count
      .max(64 * 1024 * MEGABYTE)
      .describe('Limit of the bodies of all requests in flight, in bytes. Lethe refuses more with 503.'),
    requestSeconds: count
      .max(3600)
      .describe('Time within which a whole request must arrive. Then Lethe answers 408.'),
    stallSeconds: count
      .max(3600)
      .describe('Lethe also answers 408 if a body arrives at less than 1 kB a second for this long.'),
    connections: count.max(100_000).describe('Limit of open connections. Lethe closes further ones.'),
    followers: count
      .max(100_000)
      .describe('Limit of open streams of predictions, events, dead letters and audit records.'),
    backlogs: count
      .max(1000)
      .describe(
        'Limit of streams that read old records from the log, because they start early or fell behind. Each needs its own reader.',
      ),
    hosts: z
      .array(z.string().min(1).max(253).toLowerCase())
      .describe(
        'Host names, without port, that requests for metrics and health may use. IP addresses and local names are always allowed.',
      ),
    waiting: count
      .max(100_000)
      .describe('Requests that may wait for room in the log. Lethe refuses further ones.'),
    waitSeconds: count
      .max(3600)
      .describe(
        'Longest time that a request may wait for the answer in its response (Prefer: wait=5 or ?wait=5s). Then Lethe answers 202.',
      ),
    waiters: count
      .max(1_000_000)
      .describe('Limit of queries and commands that requests wait for. Lethe refuses further ones with 503.'),
    commandsPerMinute: count
      .max(1_000_000)
      .describe('Commands that the gateway and the console together accept in a minute.'),
    token: z
      .string()
      .regex(/^[\w.~+/-]{16,}=*$/, 'at least 16 letters, digits or . ~ + / _ -')
      .optional()
      .meta({ secret: true })
      .describe(
        'Bearer token that every request needs, except health and metrics. Set it by LETHE_HTTP__TOKEN(_FILE) only.',
      ),
  })
  .describe('The HTTP gateway.');

export const consolePage = z
  .strictObject({
    enabled: z.boolean().describe('Whether the gateway serves the console.'),
    pages: count.max(100).describe('Limit of open pages.'),
    answersPerSecond: count
      .max(100)
      .describe('Answers that a page shows in a second. It counts all of them.'),
    answers: count
      .max(1000)
      .describe('Answers that are kept, with a small picture of the query, while a page is open.'),
    timeline: count.max(5000).describe('Commands and events that a page shows.'),
    mapPoints: count.max(20_000).describe('Vectors that the map shows, from both databases.'),
    mapSample: count
      .max(5000)
      .describe('Vectors that UMAP computes the map from. Further vectors are placed on it.'),
  })
  .describe('The console.');
