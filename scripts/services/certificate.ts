import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { wholeFolder } from '../../src/data/wholeFolder.js';
import { execute } from './commands.js';

/** PEM files of a server for 127.0.0.1 and localhost. */
export interface Certificate {
  /** The certificate; it signs itself, so it is also what clients trust as the CA. */
  readonly certificate: string;
  readonly key: string;
  /** Key and certificate in one file. */
  readonly both: string;
}

/** Makes a self-signed certificate in `<folder>/tls` by openssl, or returns the one that is there. */
export async function selfSigned(folder: string): Promise<Certificate> {
  await mkdir(folder, { recursive: true });
  const tls = await wholeFolder(join(folder, 'tls'), async (into) => {
    const [certificate, key, both] = ['cert.pem', 'key.pem', 'both.pem'].map((name) => join(into, name));
    if (!certificate || !key || !both) return;
    const request = [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '3650',
      '-subj',
      '/CN=localhost',
    ];
    const names = ['-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
    await execute('openssl', [...request, ...names, '-keyout', key, '-out', certificate]);
    await writeFile(both, (await readFile(key, 'utf8')) + (await readFile(certificate, 'utf8')));
    await Promise.all([chmod(key, 0o600), chmod(both, 0o600)]);
  });
  return { certificate: join(tls, 'cert.pem'), key: join(tls, 'key.pem'), both: join(tls, 'both.pem') };
}
