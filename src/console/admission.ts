import { timingSafeEqual } from 'node:crypto';

/** What is known of a request that wants to read or to command. */
export interface Visit {
  readonly authorization: string | undefined;
  /** Sent by browsers with every command, and with what another site asks for. */
  readonly origin: string | undefined;
  readonly host: string | undefined;
  /** Of the other end of the connection. */
  readonly address: string | undefined;
  /** Whether it commands. */
  readonly writes: boolean;
}

/** Why a request was turned away. */
export interface Refusal {
  readonly status: 401 | 403;
  readonly code: 'token-needed' | 'foreign-origin' | 'not-local';
  readonly message: string;
  readonly remedy: string;
}

/**
 * Who may come in. With a token: who shows it. Without one: this machine alone, under a name of its own (so that no other
 * site's name leads here, as in DNS rebinding), and commands only from the page itself. What another site's page sends is
 * refused in either case.
 * @returns why not; null where it may
 */
export function refusalOf(visit: Visit, token: string | undefined): Refusal | null {
  if (visit.origin !== undefined && hostOf(visit.origin) !== visit.host) return FOREIGN;
  if (token !== undefined) return isToken(visit.authorization, token) ? null : TOKEN_NEEDED;
  if (!isLoopback(visit.address) || !isLocalName(visit.host)) return NOT_LOCAL;
  return visit.writes && visit.origin === undefined ? FOREIGN : null;
}

const TOKEN_NEEDED: Refusal = {
  status: 401,
  code: 'token-needed',
  message: 'this Lethe asks for its token',
  remedy: 'Give the token that it was started with (LETHE_HTTP__TOKEN).',
};
const FOREIGN: Refusal = {
  status: 403,
  code: 'foreign-origin',
  message: 'the request does not come from the console itself',
  remedy: 'Use the page at /console/ of this Lethe; programs send commands to /v1/commands.',
};
const NOT_LOCAL: Refusal = {
  status: 403,
  code: 'not-local',
  message: 'without a token the console is for the machine that Lethe runs on',
  remedy: 'Open it there as http://127.0.0.1 or http://localhost, or start Lethe with LETHE_HTTP__TOKEN.',
};

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

function isToken(authorization: string | undefined, token: string): boolean {
  const [given, wanted] = [Buffer.from(authorization ?? ''), Buffer.from(`Bearer ${token}`)];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function isLoopback(address: string | undefined): boolean {
  return address === '::1' || /^(::ffff:)?127\.\d+\.\d+\.\d+$/.test(address ?? '');
}

function isLocalName(host: string | undefined): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(host ?? '');
}
