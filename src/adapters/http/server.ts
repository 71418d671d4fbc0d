import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import type { Hono } from 'hono';
import { LetheError, toLetheError } from '../../domain/errors.js';
import { freeMemory } from './freeMemory.js';
import { refusalBody } from './refusal.js';

/** A listening server. */
export interface HttpServer {
  /** Its address, e.g. `http://127.0.0.1:7070`. */
  readonly url: string;
  /** Stops listening and ends all connections, including responses in progress. */
  close(): Promise<void>;
}

/** Limits of connections. */
export interface ServerLimits {
  /** Concurrent connections; further ones are closed. */
  readonly connections: number;
  /** Time within which a whole request must arrive. */
  readonly requestMs: number;
}

const DEFAULTS: ServerLimits = { connections: 1024, requestMs: 60_000 };
/** Headers arrive in one piece or two. */
const HEADERS_MS = 10_000;
const HEADER_BYTES = 64 * 1024;
/** Interval of the checks for connections that take too long. */
const CHECK_MS = 1000;

/**
 * Serves the routes at the address.
 * @param port 0 takes a free one
 * @throws LetheError `config-invalid` if the address cannot be bound
 */
export function listen(
  routes: Hono | Hono<{ Bindings: HttpBindings }>,
  { host, port }: { readonly host: string; readonly port: number },
  { connections, requestMs }: ServerLimits = DEFAULTS,
): Promise<HttpServer> {
  const answer = getRequestListener((request, env) => routes.fetch(request, env), {
    hostname: host,
    errorHandler: (thrown) => jsonResponse(thrown),
  });
  const server = createServer(
    {
      requestTimeout: requestMs,
      headersTimeout: Math.min(HEADERS_MS, requestMs),
      connectionsCheckingInterval: Math.min(CHECK_MS, requestMs / 4),
      maxHeaderSize: HEADER_BYTES,
      // Refused below: Node's own refusal has no words.
      requireHostHeader: false,
    },
    (request, response) => {
      response.once('prefinish', () => discardRest(request));
      const nameless = request.httpVersion === '1.1' && request.headers.host === undefined;
      if (!nameless) return void answer(request, response);
      response.writeHead(400, { 'content-type': 'application/json', connection: 'close' });
      response.end(JSON.stringify(refusalBody(notHttp('the Host header is missing').toJSON())));
    },
  );
  server.maxConnections = connections;
  // Bounded by their bytes. Node would leave out those beyond a number, perhaps `origin`, without a word.
  server.maxHeadersCount = 0;
  refuseMalformed(server);
  const close = (): Promise<void> =>
    new Promise((closed) => {
      server.close(() => closed());
      server.closeAllConnections();
    });
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(unbindable(error, host, port)));
    server.listen(port, host, () => {
      const address = server.address();
      if (address !== null && typeof address !== 'string') resolve({ url: urlOf(address), close });
    });
  });
}

/** Discards the rest of a body that nobody reads, so that it uses no memory. node-server ends the connection soon. */
function discardRest(request: IncomingMessage): void {
  if (!request.complete || request.readableLength > 0) request.on('data', freeMemory).resume();
}

/** Answers what is no HTTP, too long or too slow with JSON, like every refusal, and closes the connection. */
function refuseMalformed(server: Server): void {
  const answering = new WeakMap<Socket, ServerResponse>();
  server.on('request', ({ socket }, response) => answering.set(socket, response));
  server.on('clientError', (error: NodeJS.ErrnoException, stream) => {
    const socket = stream as Socket;
    const answer = answering.get(socket);
    const amidst = answer?.headersSent === true && !answer.writableFinished;
    if (!socket.writable || amidst || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const { status, refusal } = malformed(error);
    const body = JSON.stringify(refusalBody(refusal.toJSON()));
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json\r\n` +
        `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    );
    socket.destroySoon();
  });
}

function malformed({ code, message }: NodeJS.ErrnoException): { status: number; refusal: LetheError } {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return {
        status: 408,
        refusal: new LetheError('timed-out', 'the request took too long to arrive', {
          field: 'http.requestSeconds',
          remedy: 'Send it again, or raise http.requestSeconds.',
        }),
      };
    case 'HPE_HEADER_OVERFLOW':
      return {
        status: 431,
        refusal: new LetheError('invalid-message', `the headers have more than ${HEADER_BYTES} bytes`, {
          field: 'headers',
          remedy: 'Send fewer and shorter headers.',
        }),
      };
    default:
      return { status: 400, refusal: notHttp(message) };
  }
}

function notHttp(message: string): LetheError {
  return new LetheError('invalid-message', `this is not an HTTP request: ${message}`, {
    remedy: 'Send HTTP/1.1 with a Host header and a percent-encoded path.',
  });
}

/** Response to failures outside of all routes. */
function jsonResponse(thrown: unknown): Response {
  const isRequest = thrown instanceof Error && thrown.name === 'RequestError';
  const error = isRequest ? notHttp(thrown.message) : toLetheError(thrown);
  return Response.json(refusalBody(error.toJSON()), { status: isRequest ? 400 : 500 });
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function unbindable(error: Error, host: string, port: number): LetheError {
  const inUse = 'code' in error && error.code === 'EADDRINUSE';
  return new LetheError(
    'config-invalid',
    `can't bind ${host}:${port}: ${inUse ? 'it is in use' : error.message}`,
    {
      field: inUse ? 'http.port' : 'http.host',
      value: inUse ? String(port) : host,
      remedy: inUse
        ? 'End what listens there, or choose another port (0 takes a free one).'
        : 'Use an address of this machine.',
      cause: error,
    },
  );
}
