/** A content type without its parameters, as it is compared: type and subtype are case-insensitive (RFC 2045, section 5.1). */
export function mediaTypeOf(contentType: string | undefined): string | undefined {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase();
}

/** The parameter `charset` of a content type in lower case, or undefined (RFC 9110, section 8.3.2). */
export function charsetOf(contentType: string | undefined): string | undefined {
  const [, quoted, bare] = /;\s*charset\s*=\s*(?:"([^"]*)"|([^\s;"]+))/i.exec(contentType ?? '') ?? [];
  return (quoted ?? bare)?.toLowerCase();
}

/** Whether a content type is that of JSON. */
export function isJson(contentType: string | undefined): boolean {
  return mediaTypeOf(contentType) === 'application/json';
}
