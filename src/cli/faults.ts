import type { EventEmitter } from 'node:events';
import type { DestinationStream } from 'pino';
import { LetheError, toLetheError } from '../domain/errors.js';

/** Something in the process failed that no command waits for. */
export interface Fault {
  /** `stdout` and `stderr`: writing to that stream failed. */
  readonly kind: 'uncaughtException' | 'unhandledRejection' | 'stdout' | 'stderr';
  readonly error: unknown;
}
export type OnFault = (fault: Fault) => void;

/** Handlers of faults. */
export interface Faults {
  /** Hands them to a command from here on, until the function that it gives is called. */
  takenBy(handle: OnFault): () => void;
}

/** 128 plus the number of SIGPIPE: what a shell reports for programs that the signal ends. */
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

/** Where faults are reported, and the variables whose secrets are removed. */
interface Told {
  readonly stderr: DestinationStream & { readonly isTTY?: boolean };
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/**
 * Ends the process after a fault, for commands with one result: silently if only the reader of the result ended (`|
 * head -1`), otherwise with one line and the reason. If standard error fails too, the exit code must suffice.
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

/**
 * Loads the logger only for a fault: most commands never need it. If it cannot be loaded any more, the exit code must
 * suffice.
 */
async function lastWords(fault: Fault, { stderr, variables }: Told): Promise<void> {
  const loading = Promise.all([import('../telemetry/logger.js'), import('../app/config/secrets.js')]);
  const [{ createLogger }, { secretsIn }] = await loading;
  const secrets = secretsIn(variables);
  const logger = createLogger({ level: 'info', format: 'auto', secrets, destination: stderr });
  logger.fatal(faultFields(fault), 'ends because of an uncaught exception');
}

/** The fields of a log line for a fault. */
export function faultFields({ kind, error }: Fault): Readonly<Record<string, unknown>> {
  const stack = error instanceof Error ? error.stack : undefined;
  return { fault: kind, error: kind === 'stdout' ? unwritable(error) : toLetheError(error), stack };
}

/** Whether the reader of the stream ended. */
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
