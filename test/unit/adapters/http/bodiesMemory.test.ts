import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { z } from 'zod';

const MIB = 2 ** 20;
const PROCESS = fileURLToPath(new URL('../../../support/bodiesProcess.ts', import.meta.url));
/** What config/default.yaml says of bodies. */
const LIMITS = { bodyBytes: 32 * MIB, inFlightBytes: 256 * MIB };
const STALL_MS = 1500;
const SENDERS = 60;
const POSTS = 2;
/** What may be taken beside the budget: the heap that grows, and what malloc does not give back. */
const BESIDE = 80 * MIB;
const startSchema = z.object({ url: z.url(), start: z.number() });
const endSchema = z.object({ peak: z.number() });

const PIECE = Buffer.alloc(MIB, 1);
const CHUNK = [Buffer.from(`${MIB.toString(16)}\r\n`), PIECE, Buffer.from('\r\n')];
const HEAD = 'POST /v1/queries HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: image/png';

/** Sends 29 of 30 MiB as fast as they are taken, and waits for an answer. @returns its status */
async function stalledPost(port: number, chunked: boolean): Promise<string | undefined> {
  const socket = connect(port, '127.0.0.1');
  const over = Promise.race([once(socket, 'close'), once(socket, 'data')]).catch(() => undefined);
  let answer = '';
  socket.on('data', (part: Buffer) => {
    answer += part.toString('latin1');
  });
  socket.on('error', () => undefined);
  socket.write(
    `${HEAD}\r\n${chunked ? 'transfer-encoding: chunked' : `content-length: ${30 * MIB}`}\r\n\r\n`,
  );
  for (let i = 0; i < 29 && answer === '' && !socket.destroyed; i++) {
    for (const bytes of chunked ? CHUNK : [PIECE]) socket.write(bytes);
    if (socket.writableNeedDrain)
      await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), over]);
  }
  await over;
  socket.destroy();
  return /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1];
}

it.each([
  ['say how long they are', false],
  ['do not', true],
])(
  'a storm of bodies that stall takes no more memory than their budget, where they %s',
  async (_, chunked) => {
    const args = [LIMITS.bodyBytes, LIMITS.inFlightBytes, STALL_MS].map(String);
    const child = spawn(process.execPath, ['--import', 'tsx', PROCESS, ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    try {
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const { url, start } = startSchema.parse(JSON.parse((await lines.next()).value ?? ''));
      const port = Number(new URL(url).port);
      const statuses: (string | undefined)[] = [];
      const sender = async (): Promise<void> => {
        for (let i = 0; i < POSTS; i++) statuses.push(await stalledPost(port, chunked));
      };
      await Promise.all(Array.from({ length: SENDERS }, sender));
      child.stdin.end();
      const { peak } = endSchema.parse(JSON.parse((await lines.next()).value ?? ''));
      const grew = Math.round((peak - start) / MIB);
      console.log(`${SENDERS * POSTS} posts that stall: ${grew} MiB more than at the start at most`);
      expect(statuses).toContain('408');
      expect(statuses).toContain('503');
      expect(peak - start).toBeLessThan(LIMITS.inFlightBytes + BESIDE);
    } finally {
      child.kill('SIGKILL');
    }
  },
);
