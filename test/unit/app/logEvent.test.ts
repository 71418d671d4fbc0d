import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { logEvent } from '../../../src/app/logEvent.js';
import type { LetheEvent } from '../../../src/domain/messages/event.js';
import { createLogger } from '../../../src/telemetry/logger.js';

function logged(event: LetheEvent): Record<string, unknown> {
  const lines: string[] = [];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  logEvent(event, {}, createLogger({ level: 'debug', format: 'json', destination }));
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? '');
}

it('keeps the severity of the line where the event has a level of its own', () => {
  expect(logged({ kind: 'known-calibrated', level: 0.83, share: 0.97, vectors: 40, ms: 2 })).toMatchObject({
    level: 'info',
    'event.level': 0.83,
    msg: 'known-calibrated',
  });
});

it('logs failures as warnings, and epochs for debugging alone', () => {
  const error = { code: 'disk-full', message: 'no space', remedy: 'Free some.' } as const;
  expect(logged({ kind: 'rebuild-failed', error })).toMatchObject({ level: 'warn' });
  expect(logged({ kind: 'task-epoch', task: 't1', epoch: 1, epochs: 2, loss: 0.1, ms: 5 })).toMatchObject({
    level: 'debug',
  });
});
