import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { FlattenedSign, importPKCS8 } from 'jose';
import { loadConfig } from '../app/config/loadConfig.js';
import { type Certificate, certificateOf } from '../auditing/auditCertificate.js';
import { LetheError } from '../domain/errors.js';
import { verifiedChain } from './auditChain.js';
import { type ConnectionOptions, connect, withConnection } from './connection.js';
import { type CliIo, writeResult } from './io.js';

interface CertificateOptions extends ConnectionOptions {
  readonly key?: string;
}

/** `lethe audit certificate`: a signed statement of an erasure. */
export function certificateCommand(io: CliIo): Command {
  return withConnection(new Command('certificate'))
    .description(
      'certify the erasure of a class, as a JSON Web Signature (RFC 7515, EdDSA) over what remains of it and the records of the chain',
    )
    .argument('<class>', 'its name')
    .option(
      '--key <file>',
      'private Ed25519 key (PKCS #8, PEM); the default is audit.signingKey in the settings',
    )
    .addHelpText(
      'after',
      `
A key:    openssl genpkey -algorithm ed25519 -out key.pem && openssl pkey -in key.pem -pubout -out public.pem
Example:  lethe audit certificate cat --key key.pem > certificate.json
Anyone with public.pem can verify it without Lethe (docs/forgetting.md).`,
    )
    .action(async (className: string, options: CertificateOptions) => {
      const { config } = loadConfig({ file: options.config, variables: io.variables });
      const file = options.key ?? config.audit.signingKey;
      if (file === undefined) throw noKey();
      const key = await keyIn(file);
      const chain = await verifiedChain(options, io);
      // Looked at last: what is there now counts, whatever was told.
      const seen = await connect(options, io).evidence(className);
      const certificate = certificateOf(className, chain, seen, new Date());
      writeResult(io, true, await signed(certificate, key), []);
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
    throw new LetheError('config-invalid', `${file} does not contain a private Ed25519 key`, {
      field: 'audit.signingKey',
      value: file,
      remedy: 'Give a PEM file from `openssl genpkey -algorithm ed25519`.',
      cause,
    });
  }
}

function noKey(): LetheError {
  return new LetheError('config-invalid', 'no signing key is set', {
    field: 'audit.signingKey',
    remedy: 'Set it, or give --key. `openssl genpkey -algorithm ed25519 -out key.pem` creates a key.',
  });
}
