import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { FlattenedSign, importPKCS8 } from 'jose';
import { loadConfig } from '../app/config/loadConfig.js';
import { type Certificate, certificateOf } from '../domain/auditCertificate.js';
import { LetheError } from '../domain/errors.js';
import { verifiedChain } from './auditChain.js';
import { type ConnectionOptions, withConnection } from './connection.js';
import type { CliIo } from './io.js';

interface CertificateOptions extends ConnectionOptions {
  readonly key?: string;
}

/** `lethe audit certificate`: what was erased, signed. */
export function certificateCommand(io: CliIo): Command {
  return withConnection(new Command('certificate'))
    .description(
      'certify the erasure of a class: a JSON Web Signature (RFC 7515, EdDSA) over what the chain says',
    )
    .argument('<class>', 'its name')
    .option('--key <file>', 'private Ed25519 key (PKCS #8, PEM); by default audit.signingKey of the config')
    .addHelpText(
      'after',
      `
A key:    openssl genpkey -algorithm ed25519 -out key.pem && openssl pkey -in key.pem -pubout -out public.pem
Example:  lethe audit certificate cat --key key.pem > certificate.json
Anyone with public.pem can check it, without Lethe: docs/forgetting.md`,
    )
    .action(async (className: string, options: CertificateOptions) => {
      const { config } = loadConfig({ file: options.config, variables: io.variables });
      const file = options.key ?? config.audit.signingKey;
      if (file === undefined) throw noKey();
      const key = await keyIn(file);
      const { records, verifier } = await verifiedChain(options, io);
      const certificate = certificateOf(className, records, verifier.head, new Date());
      io.stdout.write(`${JSON.stringify(await signed(certificate, key))}\n`);
    });
}

type Key = Awaited<ReturnType<typeof importPKCS8>>;

async function signed(certificate: Certificate, key: Key): Promise<unknown> {
  const payload = new TextEncoder().encode(JSON.stringify(certificate));
  return new FlattenedSign(payload)
    .setProtectedHeader({ alg: 'EdDSA', typ: 'lethe-erasure-certificate+json' })
    .sign(key);
}

/** @throws LetheError `config-invalid` */
async function keyIn(file: string): Promise<Key> {
  try {
    return await importPKCS8(await readFile(file, 'utf8'), 'EdDSA');
  } catch (cause) {
    throw new LetheError('config-invalid', `${file} holds no private Ed25519 key`, {
      field: 'audit.signingKey',
      value: file,
      remedy: 'Name a PEM file made by `openssl genpkey -algorithm ed25519`.',
      cause,
    });
  }
}

function noKey(): LetheError {
  return new LetheError('config-invalid', 'there is no key to sign with', {
    field: 'audit.signingKey',
    remedy: 'Set it, or give --key; `openssl genpkey -algorithm ed25519 -out key.pem` makes one.',
  });
}
