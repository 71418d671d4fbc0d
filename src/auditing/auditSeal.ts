import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { LetheError } from '../domain/errors.js';

/** A signature that stands beside a record of the audit chain. */
export interface Seal {
  /** Which key: {@link keyIdOf} of its public half. */
  readonly key: string;
  /** Ed25519 over the bytes of the record (RFC 8032), in base64. */
  readonly signature: string;
}

/** Signs records. */
export interface Sealer {
  readonly key: string;
  seal(value: Uint8Array): Seal;
}

/** What a seal says of the record that it stands beside. */
export type Judgement =
  | { readonly is: 'unsigned' }
  /** By `key`; `unknown`: nobody gave that key, so it says nothing. */
  | { readonly is: 'right' | 'wrong' | 'unknown'; readonly key: string };

/** The id of a public key: SHA-256 of its DER form (SubjectPublicKeyInfo), in hexadecimal. */
export function keyIdOf(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

/**
 * A signer of records.
 * @param pem private Ed25519 key, PKCS #8
 * @param name its origin, for errors
 * @throws LetheError `config-invalid`
 */
export function sealerOf(pem: string, name: string): Sealer {
  const privateKey = ed25519('audit.signingKey', name, () => createPrivateKey(pem));
  const key = keyIdOf(createPublicKey(privateKey));
  return { key, seal: (value) => ({ key, signature: sign(null, value, privateKey).toString('base64') }) };
}

/** Public keys whose signatures count, those of former times among them. */
export class TrustedKeys {
  readonly #keys = new Map<string, KeyObject>();

  /**
   * @param pems PEM texts (SubjectPublicKeyInfo), each with its origin
   * @throws LetheError `config-invalid`
   */
  constructor(pems: readonly { readonly name: string; readonly pem: string }[]) {
    for (const { name, pem } of pems) {
      const key = ed25519('audit.publicKeys', name, () => publicKeyIn(pem));
      this.#keys.set(keyIdOf(key), key);
    }
  }

  /** Their ids. */
  get ids(): readonly string[] {
    return [...this.#keys.keys()];
  }

  judge(value: Uint8Array, seal: Seal | null | undefined): Judgement {
    if (!seal) return { is: 'unsigned' };
    const { key, signature } = seal;
    const publicKey = this.#keys.get(key);
    if (!publicKey) return { is: 'unknown', key };
    const isRight = verify(null, value, publicKey, Buffer.from(signature, 'base64'));
    return { is: isRight ? 'right' : 'wrong', key };
  }
}

/** Refuses private keys: Node silently derives a public key from one, but verifiers must not have it. */
function publicKeyIn(pem: string): KeyObject {
  if (pem.includes('PRIVATE KEY')) throw new TypeError('it is a private key');
  return createPublicKey(pem);
}

function ed25519(field: string, name: string, read: () => KeyObject): KeyObject {
  const kind = field === 'audit.signingKey' ? 'private' : 'public';
  const refused = (cause?: unknown): LetheError =>
    new LetheError('config-invalid', `${name} does not contain a ${kind} Ed25519 key`, {
      field,
      value: name,
      remedy:
        kind === 'private'
          ? 'Give a PEM file from `openssl genpkey -algorithm ed25519`.'
          : 'Give a PEM file from `openssl pkey -in key.pem -pubout`.',
      cause,
    });
  let key: KeyObject;
  try {
    key = read();
  } catch (cause) {
    throw refused(cause);
  }
  if (key.asymmetricKeyType !== 'ed25519') throw refused();
  return key;
}
