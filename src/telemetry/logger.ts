import { type DestinationStream, type Logger, pino } from 'pino';
import { textLines } from './textLines.js';

/** How logs are written. */
export interface LoggerOptions {
  readonly level: string;
  /** `json`: one object a line; `text`: for people; `auto`: text where the destination is a terminal. */
  readonly format: 'auto' | 'json' | 'text';
  /** By default standard error, so that standard output carries results only. */
  readonly destination?: DestinationStream & { readonly isTTY?: boolean };
}

const SECRETS = ['token', 'password', 'secret', 'authorization', 'credentials'];

/** A structured logger, one line an event. Fields that are called like secrets are hidden, also one level down. */
export function createLogger({ level, format, destination = process.stderr }: LoggerOptions): Logger {
  const terminal = destination.isTTY ?? false;
  const text = format === 'text' || (format === 'auto' && terminal);
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`]), censor: '(secret)' },
  };
  return pino(options, text ? textLines(destination, terminal) : destination);
}
