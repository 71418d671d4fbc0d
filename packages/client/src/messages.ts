/** What messages to and from Lethe look like. `scripts/types.ts` writes these types out for programs, which need no schemas. */
export { LetheError, type ReasonCode } from 'lethe/internal/domain/errors.js';
export type { Example } from 'lethe/internal/domain/messages/command.js';
export type { EventKind, LetheEvent } from 'lethe/internal/domain/messages/event.js';
export { IMAGE_TYPES, type ImageType, type Payload } from 'lethe/internal/domain/messages/payload.js';
export type { Prediction } from 'lethe/internal/domain/messages/prediction.js';
