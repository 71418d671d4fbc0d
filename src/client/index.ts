/** `lethe/client`: gives work to a running Lethe from TypeScript, over Kafka or over HTTP. */
export { LetheError, type ReasonCode } from '../domain/errors.js';
export type { Example } from '../domain/messages/command.js';
export type { LetheEvent } from '../domain/messages/event.js';
export { IMAGE_TYPES, type ImageType, type Payload } from '../domain/messages/payload.js';
export type { Prediction } from '../domain/messages/prediction.js';
export type {
  Answer,
  CommandOptions,
  Forgettable,
  LabelledInput,
  LetheClient,
  Question,
  WaitOptions,
} from './client.js';
export { createHttpClient, type HttpClientOptions } from './http.js';
export { createKafkaClient, type KafkaClientOptions } from './kafka.js';
export { imagePayload, vectorPayload } from './payloads.js';
