import { styleText } from 'node:util';
import type { DestinationStream } from 'pino';
import { z } from 'zod';
import { jsonLine, visible } from '../domain/visible.js';

const COLOURS = {
  fatal: 'red',
  error: 'red',
  warn: 'yellow',
  info: 'green',
  debug: 'cyan',
  trace: 'gray',
} as const;

/** Fields of a line may have the names of the standard fields: the logger writes both, and the last one counts. */
const lineSchema = z.looseObject({
  level: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace']).catch('info'),
  time: z.string().catch(''),
  msg: z.unknown(),
});

/** Rewrites a logger's JSON lines for people: time, level, message, then fields as `name=value`. */
export function textLines(destination: DestinationStream, terminal: boolean): DestinationStream {
  const colourful = terminal && !process.env.NO_COLOR;
  const styled = (style: Parameters<typeof styleText>[0], text: string): string =>
    colourful ? styleText(style, text) : text;
  return {
    write(json) {
      const { level, time, msg, ...fields } = lineSchema.parse(JSON.parse(json));
      const clock = styled('dim', visible(time.slice(11, 23)));
      const named = Object.entries(fields).map(
        ([name, value]) => `${styled('dim', `${visible(name)}=`)}${shown(value)}`,
      );
      const words = msg === undefined ? '' : visible(typeof msg === 'string' ? msg : JSON.stringify(msg));
      destination.write(`${[clock, styled(COLOURS[level], level.padEnd(5)), words, ...named].join(' ')}\n`);
    },
  };
}

function shown(value: unknown): string {
  if (typeof value === 'string' && /^[\w.:/@+-]+$/.test(value)) return value;
  return jsonLine(value);
}
