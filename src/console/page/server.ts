import { type EventSourceMessage, EventSourceParserStream } from 'eventsource-parser/stream';
import type { FeedMessage } from '../messages.js';
import { isRecord, messageOf, parsed } from './messageOf.js';
import type { Connection, Order } from './state.js';
import { sentence } from './wording.js';

const TOKEN = 'lethe.token';
/** A feed that is silent for longer than two heartbeats is dead. */
const SILENCE_MS = 40_000;
const RETRY_MS = [500, 1000, 2000, 5000] as const;

/** The token is kept by this tab alone, and until it is closed: not in a cookie, not in an address. */
export const token = {
  get: (): string | null => sessionStorage.getItem(TOKEN),
  set: (value: string): void => sessionStorage.setItem(TOKEN, value),
};

function authorization(): Record<string, string> {
  const value = token.get();
  return value === null ? {} : { authorization: `Bearer ${value}` };
}

/** Callbacks while the feed is followed. */
export interface Listener {
  readonly onMessage: (message: FeedMessage) => void;
  readonly onConnection: (connection: Connection) => void;
}

/** Follows the feed, and reconnects, until the signal ends it or Lethe refuses. */
export async function followFeed({ onMessage, onConnection }: Listener, ended: AbortSignal): Promise<void> {
  let lastId: string | undefined;
  for (let tries = 0; !ended.aborted; tries++) {
    try {
      const silence = new AbortController();
      const response = await fetch('feed', {
        headers: { ...authorization(), ...(lastId !== undefined && { 'last-event-id': lastId }) },
        signal: AbortSignal.any([ended, silence.signal]),
        cache: 'no-store',
      });
      if (response.status === 401 || response.status === 403) return onConnection(await refusalIn(response));
      if (!response.ok || !response.body) throw new Error(`the feed answered ${response.status}`);
      onConnection({ is: 'live' });
      tries = 0;
      for await (const { event, data, id } of events(response.body, silence)) {
        lastId = id ?? lastId;
        const message = messageOf(event, data);
        if (message) onMessage(message);
      }
    } catch {
      if (ended.aborted) return;
    }
    onConnection({ is: 'away' });
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS[Math.min(tries, RETRY_MS.length - 1)]));
  }
}

async function* events(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  silence: AbortController,
): AsyncGenerator<EventSourceMessage> {
  let timer = 0;
  const heard = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), SILENCE_MS);
  };
  heard();
  const parsed = body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream({ onComment: heard }))
    .getReader();
  try {
    // Not every browser lets a stream be iterated.
    for (let read = await parsed.read(); !read.done; read = await parsed.read()) {
      heard();
      yield read.value;
    }
  } finally {
    clearTimeout(timer);
  }
}

/** The texts of a refusal in a response, if it has any. */
async function errorIn(response: Response): Promise<{ message?: string; remedy?: string }> {
  const body = parsed(await response.text().catch(() => ''));
  const error = isRecord(body) && isRecord(body.error) ? body.error : {};
  return {
    ...(typeof error.message === 'string' && { message: error.message }),
    ...(typeof error.remedy === 'string' && { remedy: error.remedy }),
  };
}

async function refusalIn(response: Response): Promise<Connection> {
  const { message, remedy = '' } = await errorIn(response);
  const tokenNeeded = response.status === 401;
  const wrong = tokenNeeded && token.get() !== null;
  return {
    is: 'refused',
    tokenNeeded,
    message: wrong ? 'Lethe does not accept this token' : (message ?? `Lethe answered ${response.status}`),
    remedy,
  };
}

/**
 * Sends a command.
 * @returns its id
 * @throws Error with a text for the user
 */
export async function send({ kind, name }: Pick<Order, 'kind' | 'name'>): Promise<string> {
  const response = await fetch('commands', {
    method: 'POST',
    headers: { ...authorization(), 'content-type': 'application/json' },
    body: JSON.stringify({ kind, classes: [name] }),
  }).catch(() => {
    throw new Error('Lethe is unreachable: nothing was sent.');
  });
  if (response.ok) {
    const body = parsed(await response.text());
    if (isRecord(body) && typeof body.id === 'string') return body.id;
    throw new Error('Lethe accepted the command, but returned no id.');
  }
  throw await failureIn(response);
}

/** For how long an answer is waited for; it appears among the others also later. */
const ANSWER_WAIT = '10s';

/**
 * Asks about an image.
 * @throws Error with a text for the user, where it is refused
 */
export async function askAbout(file: File): Promise<void> {
  const response = await fetch(`../v1/queries?wait=${ANSWER_WAIT}`, {
    method: 'POST',
    headers: { ...authorization(), 'content-type': file.type || 'application/octet-stream' },
    body: file,
  }).catch(() => {
    throw new Error('Lethe is unreachable: nothing was sent.');
  });
  if (!response.ok) throw await failureIn(response);
}

/** The refusal as an error with a text for the user. */
async function failureIn(response: Response): Promise<Error> {
  const { message, remedy } = await errorIn(response);
  return new Error(
    [sentence(message ?? `Lethe answered ${response.status}`), remedy].filter(Boolean).join('. '),
  );
}
