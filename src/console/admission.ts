import { timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import type { AccessCode } from '../domain/errorCatalogue.js';

/** The properties of a request. */
export interface Visit {
  readonly authorization: string | undefined;
  /** Browsers send it with every command, and with most requests of other sites. */
  readonly origin: string | undefined;
  /** `Sec-Fetch-Site` (Fetch Metadata): how the page that asks stands to this server; undefined of programs. */
  readonly site: string | undefined;
  /** `Sec-Fetch-Mode`: `navigate` if a person follows a link to a page. */
  readonly mode: string | undefined;
  readonly host: string | undefined;
  /** Of the other end of the connection. */
  readonly address: string | undefined;
  readonly to: Destination;
}

/**
 * The target of a request. `probe`: metrics and health. `page`: the files of the console, which contain no data.
 * `api`: messages and everything with data of Lethe. `order`: commands of the console, which come only from its page.
 */
export type Destination = 'probe' | 'page' | 'api' | 'order';

/** The admission rules. */
export interface Admission {
  readonly token: string | undefined;
  /** Names beside those of this machine, without port, under which probes reach it. */
  readonly hosts: readonly string[];
}

/** Why a request was turned away. */
export interface Refusal {
  readonly status: 401 | 403;
  readonly code: AccessCode;
  readonly message: string;
  readonly remedy: string;
}

/**
 * Decides about a request. Requests of pages of other sites are never admitted (CSRF, and streams that another page
 * opens). Probes are admitted under a name that no other site can point here (DNS rebinding): an address, a name of
 * this machine, or one of the settings. All others need the token; without a token, they must come from this machine,
 * under a local name.
 * @returns why not; null if it is admitted
 */
export function refusalOf(visit: Visit, { token, hosts }: Admission): Refusal | null {
  if (isForeign(visit)) return FOREIGN;
  if (visit.to === 'probe') return isSafeName(visit.host, hosts) ? null : UNKNOWN_HOST;
  if (visit.to === 'order' && visit.origin === undefined && token === undefined) return FOREIGN;
  if (token !== undefined)
    return visit.to === 'page' || isToken(visit.authorization, token) ? null : TOKEN_NEEDED;
  return isLoopback(visit.address) && isLocalName(nameOf(visit.host)) ? null : NOT_LOCAL;
}

function isForeign({ origin, host, site, mode, to }: Visit): boolean {
  if (origin !== undefined && hostOf(origin) !== host) return true;
  const fromElsewhere = site !== undefined && site !== 'same-origin' && site !== 'none';
  return fromElsewhere && !(to === 'page' && mode === 'navigate');
}

const TOKEN_NEEDED: Refusal = {
  status: 401,
  code: 'token-needed',
  message: 'the gateway requires a token',
  remedy: 'Send the token that the worker was started with (LETHE_HTTP__TOKEN).',
};
const FOREIGN: Refusal = {
  status: 403,
  code: 'foreign-origin',
  message: 'the request comes from the page of another site',
  remedy:
    'Use the page at /console/ of this worker. Programs send commands to /v1/commands, without an Origin header.',
};
const NOT_LOCAL: Refusal = {
  status: 403,
  code: 'not-local',
  message: 'without a token, the gateway serves only its own machine, under a local name',
  remedy:
    'Use http://127.0.0.1 or http://localhost on that machine, or start the worker with LETHE_HTTP__TOKEN.',
};
const UNKNOWN_HOST: Refusal = {
  status: 403,
  code: 'unknown-host',
  message: 'the Host header names an unknown host',
  remedy: 'Use an IP address for metrics and health, or add the name to http.hosts.',
};

/** Every refusal, for the catalogue of errors. */
export const REFUSALS: readonly Refusal[] = [TOKEN_NEEDED, FOREIGN, NOT_LOCAL, UNKNOWN_HOST];

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

/** The name in a `Host` header, without its port; brackets of IPv6 stay. */
function nameOf(host: string | undefined): string {
  return (host ?? '').replace(/:\d+$/, '').toLowerCase();
}

function isToken(authorization: string | undefined, token: string): boolean {
  const [given, wanted] = [Buffer.from(authorization ?? ''), Buffer.from(`Bearer ${token}`)];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function isLoopback(address: string | undefined): boolean {
  return address === '::1' || /^(::ffff:)?127\.\d+\.\d+\.\d+$/.test(address ?? '');
}

function isLocalName(name: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(name);
}

/** An address can't be made to lead elsewhere. */
function isSafeName(host: string | undefined, hosts: readonly string[]): boolean {
  const name = nameOf(host);
  return isLocalName(name) || isIP(name.replace(/^\[|\]$/g, '')) > 0 || hosts.includes(name);
}
