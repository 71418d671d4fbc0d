import { styleText } from 'node:util';
import type { DestinationStream } from 'pino';
import { z } from 'zod';

const COLOURS = {
  fatal: 'red',
  error: 'red',
  warn: 'yellow',
  info: 'green',
  debug: 'cyan',
  trace: 'gray',
} as const;

const lineSchema = z.looseObject({
  level: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace']),
  time: z.string(),
  msg: z.string().default(''),
});

/** Rewrites a logger's JSON lines for people: time, level, message, then fields as `name=value`. */
export function textLines(destination: DestinationStream, terminal: boolean): DestinationStream {
  const colourful = terminal && !process.env.NO_COLOR;
  const styled = (style: Parameters<typeof styleText>[0], text: string): string =>
    colourful ? styleText(style, text) : text;
  return {
    write(json) {
      const { level, time, msg, ...fields } = lineSchema.parse(JSON.parse(json));
      const clock = styled('dim', time.slice(11, 23));
      const named = Object.entries(fields).map(
        ([name, value]) => `${styled('dim', `${name}=`)}${shown(value)}`,
      );
      destination.write(`${[clock, styled(COLOURS[level], level.padEnd(5)), msg, ...named].join(' ')}\n`);
    },
  };
}

function shown(value: unknown): string {
  if (typeof value === 'string') return /^[\w.:/@+-]+$/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value);
}
