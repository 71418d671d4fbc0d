/** A content type without its parameters, as it is compared: type and subtype are case-insensitive (RFC 2045, section 5.1). */
export function mediaTypeOf(contentType: string | undefined): string | undefined {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase();
}

/** Whether a content type is that of JSON. */
export function isJson(contentType: string | undefined): boolean {
  return mediaTypeOf(contentType) === 'application/json';
}
