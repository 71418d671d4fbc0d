import { z } from 'zod';

/** Content types of images; `application/x-cifar` is 3,072 raw bytes: the 32x32 R, G and B planes. */
export const IMAGE_TYPES = ['image/png', 'image/jpeg', 'image/webp', 'application/x-cifar'] as const;
/** Content type of texts, in UTF-8. */
export const TEXT_TYPE = 'text/plain';
/** Content types of ready-made vectors: little-endian float32, or a JSON array of numbers. */
export const VECTOR_TYPES = ['application/x-float32', 'application/json'] as const;

export const imageTypeSchema = z.enum(IMAGE_TYPES);
export type ImageType = z.infer<typeof imageTypeSchema>;

/** Content types of all payloads. */
export const PAYLOAD_TYPES = [...IMAGE_TYPES, TEXT_TYPE, ...VECTOR_TYPES] as const;

/** Samples and queries carry an image, a text or a ready-made vector. */
export const payloadSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('image'),
    contentType: imageTypeSchema,
    bytes: z.custom<Uint8Array>((value) => value instanceof Uint8Array),
  }),
  z.object({ kind: z.literal('text'), text: z.string() }),
  z.object({
    kind: z.literal('vector'),
    vector: z.custom<Float32Array>((value) => value instanceof Float32Array),
  }),
]);
export type Payload = z.infer<typeof payloadSchema>;
export type ImagePayload = Extract<Payload, { kind: 'image' }>;
export type TextPayload = Extract<Payload, { kind: 'text' }>;
