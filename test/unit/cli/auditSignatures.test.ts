import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ChainLink } from '../../../src/auditing/auditChainReader.js';
import { type Judgement, type Sealer, sealerOf, TrustedKeys } from '../../../src/auditing/auditSeal.js';
import { signatureReport } from '../../../src/cli/auditSignatures.js';

function keyPair() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return { sealer: sealerOf(privateKey, 'key.pem'), pem: publicKey, privateKey };
}

const value = (sequence: number): Buffer => Buffer.from(`record ${sequence}`);

/** Records signed by these, in this order. */
function links(
  signers: readonly (Sealer | null)[],
  keys: TrustedKeys,
): ChainLink<{ readonly by: Judgement }>[] {
  return signers.map((sealer, sequence) => ({
    sequence,
    hash: '',
    position: `lethe.audit/0/${sequence}`,
    kept: { by: keys.judge(value(sequence), sealer?.seal(value(sequence))) },
  }));
}

describe('signatures of the audit chain', () => {
  const [former, present] = [keyPair(), keyPair()];
  const both = new TrustedKeys([
    { name: 'former.pem', pem: former.pem },
    { name: 'present.pem', pem: present.pem },
  ]);
  const signers = [null, null, former.sealer, former.sealer, present.sealer];

  it('stay valid after the key was changed, as long as the former one is given', () => {
    const report = signatureReport(links(signers, both), 2);
    expect(report).toMatchObject({
      signed: { [former.sealer.key]: 2, [present.sealer.key]: 1 },
      unknownKeys: {},
      unsigned: 2,
      lines: [
        'numbers 0 to 1 are not signed',
        `numbers 2 to 3 are signed by ${former.sealer.key}`,
        `number 4 is signed by ${present.sealer.key}`,
      ],
    });
    const one = new TrustedKeys([{ name: 'present.pem', pem: present.pem }]);
    expect(signatureReport(links(signers, one), 4)).toMatchObject({
      unknownKeys: { [former.sealer.key]: 2 },
    });
    expect(() => signatureReport(links(signers, one), 3)).toThrow(/number 3 is signed by an unknown key/);
    expect(() => signatureReport(links(signers, both), 1)).toThrow(/number 1 is not signed/);
  });

  it('of other bytes, or by another key under the name of one that counts, are wrong', () => {
    const seal = present.sealer.seal(value(0));
    expect(both.judge(value(0), seal)).toEqual({ is: 'right', key: seal.key });
    expect(both.judge(value(1), seal)).toMatchObject({ is: 'wrong' });
    expect(both.judge(value(0), { ...seal, key: former.sealer.key })).toMatchObject({ is: 'wrong' });
    for (const signature of ['', 'no base64 !', 'AAAA'])
      expect(both.judge(value(0), { ...seal, signature })).toMatchObject({ is: 'wrong' });
    expect(both.judge(value(0), { ...seal, key: '__proto__' })).toMatchObject({ is: 'unknown' });
    const by = both.judge(value(1), seal);
    const broken = links([present.sealer], both).map((link) => ({ ...link, kept: { by } }));
    expect(() => signatureReport(broken)).toThrow(/the signature of record 0 is invalid/);
  });

  it('are made and checked with Ed25519 alone', () => {
    const { privateKey: rsa, publicKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    for (const pem of [rsa, 'hello', present.pem])
      expect(() => sealerOf(pem, 'x.pem')).toThrow(/x\.pem does not contain a private Ed25519 key/);
    for (const pem of [publicKey, 'hello', present.privateKey])
      expect(() => new TrustedKeys([{ name: 'x.pem', pem }])).toThrow(
        /x\.pem does not contain a public Ed25519 key/,
      );
  });
});
