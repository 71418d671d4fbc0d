/**
 * What the bytes of a JSON text say. A UTF-8 BOM before it is passed over (RFC 8259, section 8.1, lets a reader do so).
 * @throws where it is no JSON, or no UTF-8
 */
export function jsonOfBytes(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
}
