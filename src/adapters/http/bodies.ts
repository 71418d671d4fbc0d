import { finished, Readable } from 'node:stream';
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { LetheError } from '../../domain/errors.js';
import { freeMemory } from './freeMemory.js';

/** Size limits of bodies: of one, and of all in flight together. */
export interface BodyLimits {
  readonly bodyBytes: number;
  readonly inFlightBytes: number;
  /** A body that delivers less than {@link SLOWEST} bytes a second for this long is abandoned. */
  readonly stallMs?: number;
}

/** Lowest rate of a body, in bytes per second. */
export const SLOWEST = 1024;
const STALL_MS = 10_000;

/** A request whose body is read, as routes have it. */
export type BodySource = Pick<Context, 'req' | 'env'>;

/**
 * The bodies of requests in flight, limited by their bytes. A body gets memory only if the budget covers it, and
 * releases it when its request is over. A body of declared length reserves it immediately; others reserve what has
 * arrived.
 */
export class Bodies {
  #reserved = 0;

  constructor(private readonly limits: BodyLimits) {}

  /** Bytes that requests in flight have reserved. */
  get reserved(): number {
    return this.#reserved;
  }

  /**
   * Reads a body and processes it; afterwards its reservation is always released.
   * @throws LetheError `image-too-large`; `overloaded`, retriable, if the budget does not cover it; `timed-out` if it
   * arrives too slowly; `unreachable` if it ended early
   */
  async read<T>(source: BodySource, work: (body: Buffer) => Promise<T>): Promise<T> {
    const { bodyBytes, inFlightBytes } = this.limits;
    const declared = lengthOf(source.req.raw);
    if (declared !== undefined && declared > bodyBytes) throw tooLarge(bodyBytes);
    let reserved = 0;
    const reserve = (bytes: number): void => {
      if (this.#reserved + bytes > inFlightBytes) throw this.#full();
      this.#reserved += bytes;
      reserved += bytes;
    };
    try {
      reserve(declared ?? 0);
      const body = new Gathered(bodyBytes, declared);
      return await work(
        await this.#received(source, body, (length) => reserve(Math.max(0, length - reserved))),
      );
    } finally {
      this.#reserved -= reserved;
    }
  }

  /** @param arrived called with the length so far, before the part is kept */
  async #received(source: BodySource, body: Gathered, arrived: (length: number) => void): Promise<Buffer> {
    try {
      await eachPart(streamOf(source), this.limits.stallMs ?? STALL_MS, (part) => {
        arrived(body.length + part.length);
        body.add(part);
      });
      return body.whole();
    } catch (error) {
      body.free();
      throw error instanceof LetheError ? error : brokenOff(error);
    }
  }

  #full(): LetheError {
    const { inFlightBytes } = this.limits;
    return new LetheError(
      'overloaded',
      `the bodies of requests in flight already use ${inFlightBytes} bytes`,
      {
        field: 'http.inFlightBytes',
        value: String(inFlightBytes),
        remedy: 'Send the same request again a little later, or raise http.inFlightBytes.',
        retriable: true,
      },
    );
  }
}

/** The parts of a body that have arrived, in memory of their own. */
class Gathered {
  length = 0;
  readonly #whole: Buffer | undefined;
  readonly #parts: Uint8Array[] = [];

  constructor(
    private readonly most: number,
    declared: number | undefined,
  ) {
    // Memory that is not written to yet costs nothing: a body that never comes takes up none.
    if (declared !== undefined) this.#whole = Buffer.allocUnsafe(declared);
  }

  /** Keeps a part, which nobody else may use. */
  add(part: Uint8Array): void {
    const most = this.#whole?.length ?? this.most;
    if (this.length + part.length > most) throw tooLarge(most);
    if (this.#whole) {
      this.#whole.set(part, this.length);
      this.length += part.length;
      freeMemory(part);
    } else {
      this.#parts.push(part);
      this.length += part.length;
    }
  }

  /** The whole body in one piece. It frees the parts one by one, so the body never exists twice. */
  whole(): Buffer {
    if (this.#whole) return this.#whole.subarray(0, this.length);
    const whole = Buffer.allocUnsafe(this.length);
    let at = 0;
    for (const part of this.#parts) {
      whole.set(part, at);
      at += part.length;
      freeMemory(part);
    }
    return whole;
  }

  /** Releases the memory. */
  free(): void {
    if (this.#whole) freeMemory(this.#whole);
    for (const part of this.#parts) freeMemory(part);
  }
}

/** The body as Node reads it. A web stream would read ahead by any number of parts, and copy each once more. */
function streamOf({ req, env }: BodySource): Readable {
  const { incoming }: Partial<HttpBindings> = env ?? {};
  if (incoming) return incoming;
  const { body } = req.raw;
  return body ? Readable.fromWeb(body) : Readable.from([]);
}

/** Reads the parts of a body, as long as they arrive quickly enough. The rest of a failed body stays unread. */
function eachPart(stream: Readable, stallMs: number, take: (part: Uint8Array) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let since = 0;
    const end = (error?: unknown): void => {
      clearInterval(watch);
      forget();
      stream.off('data', taken);
      if (error === undefined || error === null) resolve();
      else {
        stream.pause();
        reject(error);
      }
    };
    const taken = (part: Uint8Array): void => {
      since += part.length;
      try {
        take(part);
      } catch (error) {
        end(error);
      }
    };
    const watch = setInterval(() => {
      if (since < (SLOWEST * stallMs) / 1000) end(stalled(stallMs));
      since = 0;
    }, stallMs);
    const forget = finished(stream, { writable: false }, end);
    stream.on('data', taken);
  });
}

/** The declared length of a request; Node's parser enforces it. */
function lengthOf({ headers }: Request): number | undefined {
  const text = headers.get('content-length');
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function tooLarge(bodyBytes: number): LetheError {
  return new LetheError('image-too-large', `the body has more than ${bodyBytes} bytes`, {
    field: 'body',
    remedy: 'Send a smaller image, or raise http.bodyBytes and limits.imageBytes.',
  });
}

function brokenOff(cause: unknown): LetheError {
  return new LetheError('unreachable', 'the body of the request ended early', {
    field: 'body',
    remedy: 'Send the same request again.',
    retriable: true,
    cause,
  });
}

function stalled(stallMs: number): LetheError {
  return new LetheError('timed-out', `the body arrived at less than ${SLOWEST} bytes a second`, {
    field: 'http.stallSeconds',
    value: String(stallMs / 1000),
    remedy: 'Send it again without pauses, or raise http.stallSeconds.',
    retriable: true,
  });
}
