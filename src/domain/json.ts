/**
 * The value of a JSON text. A UTF-8 BOM before it is skipped (RFC 8259, section 8.1, allows this).
 * @throws if the bytes are no JSON, or no UTF-8
 */
export function jsonOfBytes(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
}
