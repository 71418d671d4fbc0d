import { type DestinationStream, type Logger, pino } from 'pino';
import { visibleJson } from '../domain/visible.js';
import { REDACTED, scrubber } from './scrub.js';
import { textLines } from './textLines.js';

/** How logs are written. */
export interface LoggerOptions {
  readonly level: string;
  /** `json`: one object a line; `text`: for people; `auto`: text if the destination is a terminal. */
  readonly format: 'auto' | 'json' | 'text';
  /** Values that are in no line, wherever they come from. */
  readonly secrets?: readonly string[];
  /** By default standard error, so that standard output carries results only. */
  readonly destination?: DestinationStream & { readonly isTTY?: boolean };
}

const SECRETS = ['token', 'password', 'secret', 'authorization', 'credentials'];

/**
 * A structured logger, one line per event. It hides fields with names of secrets, also one level down; known secrets;
 * and text with the form of a secret.
 */
export function createLogger(options: LoggerOptions): Logger {
  const { level, format, secrets = [], destination = process.stderr } = options;
  const terminal = destination.isTTY ?? false;
  const scrubbed = scrubber(secrets);
  const clean = { write: (line: string) => destination.write(scrubbed(line)) };
  const json = { write: (line: string) => destination.write(visibleJson(scrubbed(line))) };
  const text = format === 'text' || (format === 'auto' && terminal);
  const settings = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`]), censor: REDACTED },
  };
  return pino(settings, text ? textLines(clean, terminal) : json);
}
