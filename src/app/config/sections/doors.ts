/** The HTTP gateway and the console. Every field says what it is for. */
import { z } from 'zod';
import { count, MEGABYTE } from './common.js';

export const http = z
  .strictObject({
    enabled: z
      .boolean()
      .describe('Whether the gateway listens: messages in and out, status, metrics and health.'),
    host: z
      .string()
      .min(1)
      .describe('Address to bind; loopback by default, so that only this machine reaches it.'),
    port: z.int().min(0).max(65_535).describe('Port; 0 takes a free one.'),
    bodyBytes: count.max(1024 * MEGABYTE).describe('Largest request body, in bytes.'),
    waiting: count.max(100_000).describe('Requests that wait for room in the log before others are refused.'),
    commandsPerMinute: count
      .max(1_000_000)
      .describe('Commands that are taken in a minute, by the gateway and the console together.'),
    token: z
      .string()
      .regex(/^[\w.~+/-]{16,}=*$/, 'at least 16 letters, digits or . ~ + / _ -')
      .optional()
      .meta({ secret: true })
      .describe('Bearer token asked of every request but health and metrics; LETHE_HTTP__TOKEN(_FILE) only.'),
  })
  .describe('The HTTP gateway.');

export const consolePage = z
  .strictObject({
    enabled: z
      .boolean()
      .describe('Whether the gateway serves the console, a page to look and to unlearn at.'),
    pages: count.max(100).describe('Pages that follow at a time.'),
    answersPerSecond: count.max(100).describe('Answers that a page shows in a second; all are counted.'),
    answers: count
      .max(1000)
      .describe('Answers that are kept with a small picture of their query, while a page is open.'),
    timeline: count.max(5000).describe('Commands and events that a page shows.'),
    mapPoints: count.max(20_000).describe('Vectors that the map shows, drawn from both databases.'),
    mapSample: count.max(5000).describe('Vectors that the plane of the map is made from.'),
  })
  .describe('The console.');
