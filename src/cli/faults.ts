import type { EventEmitter } from 'node:events';
import type { DestinationStream } from 'pino';
import { LetheError, toLetheError } from '../domain/errors.js';

/** Something in the process failed that no command waits for. */
export interface Fault {
  /** `stdout` and `stderr`: what was written there could not be. */
  readonly kind: 'uncaughtException' | 'unhandledRejection' | 'stdout' | 'stderr';
  readonly error: unknown;
}
export type OnFault = (fault: Fault) => void;

/** Who deals with faults. */
export interface Faults {
  /** Hands them to a command from here on, until the function that it gives is called. */
  takenBy(handle: OnFault): () => void;
}

/** 128 and SIGPIPE's number: what a shell sees of programs that the signal ends. */
const READER_GONE = 141;
const FAILURE = 1;

/** The part of a process that faults come from. */
export interface FaultSource extends Pick<EventEmitter, 'on'> {
  readonly stdout: Pick<EventEmitter, 'on'>;
  readonly stderr: Pick<EventEmitter, 'on'>;
}

/** Listens for the faults of a process; `otherwise` is told of those that no command has taken. */
export function watchFaults(source: FaultSource, otherwise: OnFault): Faults {
  let current = otherwise;
  const listen = (emitter: Pick<EventEmitter, 'on'>, event: string, kind: Fault['kind']): void => {
    emitter.on(event, (error: unknown) => current({ kind, error }));
  };
  listen(source, 'uncaughtException', 'uncaughtException');
  listen(source, 'unhandledRejection', 'unhandledRejection');
  listen(source.stdout, 'error', 'stdout');
  listen(source.stderr, 'error', 'stderr');
  return {
    takenBy(handle) {
      current = handle;
      return () => {
        current = otherwise;
      };
    },
  };
}

/** Where is told of faults, without the secrets of the variables. */
interface Told {
  readonly stderr: DestinationStream & { readonly isTTY?: boolean };
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/**
 * Ends the process at a fault, as commands do that give one result: without a word where only the reader of the result went
 * away (`| head -1`), else with one line that says why. What can't be told on standard error is let go: the work counts.
 */
export function endAtFaults({ stderr, variables }: Told, exit: (code: number) => void): OnFault {
  return ({ kind, error }) => {
    if (kind === 'stderr') return;
    if (kind === 'stdout' && readerGone(error)) return exit(READER_GONE);
    const fault = { kind, error };
    const end = (): void => exit(FAILURE);
    lastWords(fault, { stderr, variables }).then(end, end);
  };
}

/** The logger is loaded by the fault: most commands never need it. Where it can't be loaded any more, the exit code says enough. */
async function lastWords(fault: Fault, { stderr, variables }: Told): Promise<void> {
  const loading = Promise.all([import('../telemetry/logger.js'), import('../app/config/secrets.js')]);
  const [{ createLogger }, { secretsIn }] = await loading;
  const secrets = secretsIn(variables);
  const logger = createLogger({ level: 'info', format: 'auto', secrets, destination: stderr });
  logger.fatal(faultFields(fault), 'ends at an error that nothing caught');
}

/** What a log line says of a fault. */
export function faultFields({ kind, error }: Fault): Readonly<Record<string, unknown>> {
  const stack = error instanceof Error ? error.stack : undefined;
  return { fault: kind, error: kind === 'stdout' ? unwritable(error) : toLetheError(error), stack };
}

/** Whether whoever read the stream is gone. */
export function readerGone(error: unknown): boolean {
  return codeOf(error) === 'EPIPE';
}

function unwritable(cause: unknown): LetheError {
  const full = ['ENOSPC', 'EDQUOT'].includes(codeOf(cause) ?? '');
  const why = cause instanceof Error ? cause.message : String(cause);
  return new LetheError(full ? 'disk-full' : 'internal', `standard output can't be written: ${why}`, {
    field: 'stdout',
    remedy: full ? 'Free space where the output goes, and try again.' : 'Check where the output goes.',
    cause,
  });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
