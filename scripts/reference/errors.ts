import { statusOf } from '../../src/adapters/http/refusal.js';
import { REFUSALS } from '../../src/console/admission.js';
import {
  ACCESS_CATALOGUE,
  ERROR_CATALOGUE,
  type ReasonDescription,
} from '../../src/domain/errorCatalogue.js';
import { REASON_CODES } from '../../src/domain/errors.js';

const HEAD = `# Errors

<!-- Written by \`npm run docs:reference\` from src/domain/errorCatalogue.ts. Do not edit. -->

Every error has a stable code, a message and a remedy. Most also name the field and the value that caused them. Dead
letters, events and metrics carry the same codes.

- **Command line.** Errors go to standard error; with \`--json\`, as one line of JSON. The exit code is 1, or 78 for
  \`config-invalid\`. Exit code 2 means wrong usage and has no code.
- **HTTP.** The body is \`{"error": {"code", "message", "remedy", "field", "value", "help"}}\`. Each section below names the
  usual status; some routes use a more specific one (404, 405, 429, 431, 503). You may repeat a request whose response has
  \`retry-after\`.
- **Topics.** A record that Lethe refuses becomes a dead letter. A command that it refuses becomes the event
  \`command-rejected\`.

"Repeat" says whether the same request can succeed later without a change.
`;
const ACCESS = `# Access to the gateway

Only HTTP responses carry these codes. [Security](security.md) explains the rules of access.
`;

/** The text of docs/errors.md: one section for each code, so that each code is an anchor. */
export function errorsPage(): string {
  const reasons = REASON_CODES.map((code) => section(code, ERROR_CATALOGUE[code], statusOf(code)));
  const access = REFUSALS.map(({ code, status }) => section(code, ACCESS_CATALOGUE[code], status));
  return [HEAD, ...reasons, ACCESS, ...access].join('\n');
}

function section(code: string, { meaning, action, retry }: ReasonDescription, status: number): string {
  const exit = code === 'config-invalid' ? 78 : 1;
  return `## ${code}
${meaning}

**What to do.** ${action}

HTTP ${status} · exit code ${exit} · repeat: ${retry}
`;
}
