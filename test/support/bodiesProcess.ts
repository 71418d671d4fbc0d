/**
 * A gateway over a log in memory, to be stormed with bodies. Prints its address and its resident memory at the start; when its
 * input ends, the most memory that it took since. Both as JSON, a line each.
 */

import { createGateway } from '../../src/adapters/http/gateway.js';
import { listen } from '../../src/adapters/http/server.js';
import { createMemoryLog } from '../../src/adapters/memory/log/memoryLog.js';
import { topicsUnder } from '../../src/domain/topics.js';

const [bodyBytes = 0, inFlightBytes = 0, stallMs = 0] = process.argv.slice(2).map(Number);
const log = createMemoryLog({ partitions: 1, capacity: { records: 4, bytes: 2 ** 20 } });
const gateway = createGateway({
  log,
  topics: topicsUnder('lethe.'),
  modelName: 'main',
  status: async () => ({}),
  accepting: () => true,
  bodyBytes,
  inFlightBytes,
  stallMs,
  waiting: 100,
  followers: 1,
  backlogs: 1,
  waitSeconds: 5,
  waiters: 10,
});
const server = await listen(gateway, { host: '127.0.0.1', port: 0 });
const start = process.memoryUsage.rss();
let peak = 0;
setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
}, 10);
process.stdout.write(`${JSON.stringify({ url: server.url, start })}\n`);
process.stdin.resume();
process.stdin.once('end', () => {
  process.stdout.write(`${JSON.stringify({ peak })}\n`, () => process.exit());
});
