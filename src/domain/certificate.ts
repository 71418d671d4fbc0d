/** Whether a text holds a certificate as PEM (RFC 7468). Node takes any text as an authority, and then trusts nobody. */
export function holdsCertificate(text: string): boolean {
  return /-----BEGIN .*CERTIFICATE-----/.test(text);
}
