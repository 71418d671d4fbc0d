/**
 * `lethe-client`: gives work to a running Lethe from TypeScript. `lethe-client/http` and `lethe-client/kafka` export all of this
 * too, and create the client.
 */
export type {
  Answer,
  CommandOptions,
  EventOf,
  Forgettable,
  Ignored,
  LabelledInput,
  LetheClient,
  Question,
  WaitOptions,
} from './api.js';
export {
  type EventKind,
  type Example,
  IMAGE_TYPES,
  type ImageType,
  LetheError,
  type LetheEvent,
  type Payload,
  type Prediction,
  type ReasonCode,
} from './messages.js';
export { imagePayload, textPayload, vectorPayload } from './payloads.js';
