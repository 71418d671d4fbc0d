import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../src/telemetry/logger.js';

function written(format: 'auto' | 'json' | 'text', isTTY = false) {
  const lines: string[] = [];
  const destination = { isTTY, write: (line: string) => void lines.push(line) };
  return { lines, logger: createLogger({ level: 'info', format, destination }) };
}

describe('the logger', () => {
  it('writes one JSON object a line', () => {
    const { lines, logger } = written('auto');
    logger.info({ queryId: 'q1', ms: 3 }, 'answered');
    logger.debug('unheard');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'info',
      msg: 'answered',
      queryId: 'q1',
      ms: 3,
    });
  });

  it('writes text for people on a terminal', () => {
    const { lines, logger } = written('auto', true);
    logger.warn({ task: 't 1', classes: ['a'] }, 'late');
    expect(lines[0]).toMatch(/late/);
    expect(lines[0]).not.toMatch(/^\{/);
  });

  it('writes text without colours where there is no terminal', () => {
    const { lines, logger } = written('text');
    logger.error({ task: 't 1', classes: ['a'], path: 'x/y' }, 'broken');
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} error broken task="t 1" classes=\["a"\] path=x\/y\n$/);
  });

  it('hides what is called like a secret', () => {
    const { lines, logger } = written('json');
    logger.info({ token: 'abc', http: { token: 'def', authorization: 'ghi', port: 1 } }, 'configured');
    expect(lines[0]).not.toMatch(/abc|def|ghi/);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ http: { port: 1 } });
  });

  it('shows the code and the remedy of an error', () => {
    const { lines, logger } = written('json');
    logger.error({ err: Object.assign(new Error('no'), { code: 'internal', remedy: 'try' }) });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      err: { message: 'no', code: 'internal', remedy: 'try' },
    });
  });

  it('writes what others wrote on its own line, without what a terminal obeys', () => {
    const hostile = 'x\n12:00:00 error forged \u001b[2J\u009b1m\u202e';
    for (const format of ['text', 'json'] as const) {
      const { lines, logger } = written(format);
      logger.warn({ key: hostile, [hostile]: 1, list: [hostile] }, hostile);
      expect(lines).toHaveLength(1);
      expect(lines[0]?.trimEnd()).not.toMatch(/[\p{Cc}\u202e]/u);
      if (format === 'json') expect(JSON.parse(lines[0] ?? '')).toMatchObject({ key: hostile, msg: hostile });
    }
  });

  it('writes a line whose fields are called like its own', () => {
    const { lines, logger } = written('text');
    logger.info({ level: 0.3, time: 5, msg: { a: 1 } });
    expect(lines[0]).toContain('info');
  });
});
