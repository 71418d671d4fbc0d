/** What a command reads from and writes to; the process in production, streams of its own in a test. */
export interface CliIo {
  readonly stdin: NodeJS.ReadableStream;
  /** Results only. */
  readonly stdout: NodeJS.WritableStream;
  /** Progress, logs and errors. */
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** Writes a result: for people as text, for programs as one line of JSON. */
export function writeResult(io: CliIo, json: boolean | undefined, value: unknown, text: string): void {
  io.stdout.write(json ? `${JSON.stringify(value)}\n` : `${text}\n`);
}
