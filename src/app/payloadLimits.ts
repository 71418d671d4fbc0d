import type { PayloadLimits } from '../inputs/openInput.js';
import type { LetheConfig } from './config/schema.js';

/** The limits of payloads in the configuration. */
export function payloadLimits({ imageBytes, imagePixels, textBytes }: LetheConfig['limits']): PayloadLimits {
  return { maxBytes: imageBytes, maxPixels: imagePixels, maxTextBytes: textBytes };
}
