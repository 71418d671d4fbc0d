import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { loadCifar10 } from '../../../packages/experiments/src/data/cifar10.js';
import { imagesOfRecords, loadCifar100 } from '../../../packages/experiments/src/data/cifar100.js';
import { decodeCentroid, decodeVector } from '../../../src/adapters/redis/encoding.js';
import { receiptOf } from '../../../src/adapters/redis/registryReader.js';
import { loadConfig } from '../../../src/app/config/loadConfig.js';
import { printConfig } from '../../../src/app/config/printConfig.js';
import { loadDemoSubset } from '../../../src/data/demoSubset.js';
import { readJsonLines } from '../../../src/data/jsonLines.js';
import { spriteOfImages } from '../../../src/data/sprite.js';
import { type FuzzTarget, fuzzTarget } from '../fuzzTarget.js';
import { bytes, mutated } from '../mutations.js';
import { nearlyJson } from '../nearlyJson.js';

/** Files of the user: configuration and data sets; and what Redis keeps. */
export async function fileTargets(): Promise<FuzzTarget[]> {
  const folder = mkdtempSync(join(tmpdir(), 'lethe-fuzz-'));
  return [...configTargets(folder), ...(await dataTargets(folder)), ...redisTargets()];
}

const ODD_YAML = [
  'http: &a [*a]\n',
  'http: &a {port: *a}\nlog: *a\n',
  `http: ${'['.repeat(3000)}${']'.repeat(3000)}\n`,
  `http: ${'{a: '.repeat(3000)}1${'}'.repeat(3000)}\n`,
  [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    ...'bcdefghi'.split('').map((letter, index) => {
      const before = 'abcdefgh'[index];
      return `${letter}: &${letter} [${Array.from({ length: 9 }, () => `*${before}`).join(',')}]`;
    }),
  ].join('\n'),
  '? [complex, key]\n: value\n',
  'http: !!binary AAAA\n',
  'http: {port: 0x10}\nlog: {level: !!js/function "x"}\n',
  '__proto__: {http: {port: 1}}\nconstructor: 1\n',
  'http: {__proto__: {token: aaaaaaaaaaaaaaaaaaaa}}\n',
  '--- 1\n--- 2\n',
  '<<: {http: 1}\n',
  'http: {port: .nan}\nmodel: {seed: 1e400}\n',
  '\ufeffhttp: {}\n',
];

function configTargets(folder: string): FuzzTarget[] {
  const file = join(folder, 'my.yaml');
  const real = ['default', 'production'].map((name) =>
    readFileSync(new URL(`../../../config/${name}.yaml`, import.meta.url)),
  );
  const yaml = fc.oneof(
    { weight: 8, arbitrary: mutated(real) },
    { weight: 1, arbitrary: fc.constantFrom(...ODD_YAML).map((text) => Buffer.from(text)) },
    { weight: 2, arbitrary: mutated(ODD_YAML.map((text) => Buffer.from(text))) },
  );
  const variable = fc.tuple(
    fc.constantFrom(
      ...['HTTP__PORT', 'HTTP__TOKEN', 'HTTP__TOKEN_FILE', 'LEARNING__SSRE', 'TRANSPORT__KAFKA__BROKERS'],
      ...['EMBEDDER__KIND', '__PROTO__', 'A__B', 'HTTP__', 'STORES__REDIS__URL', 'MODEL__SEED'],
    ),
    fc.oneof(
      fc.constantFrom(...ODD_YAML, '&a [*a]', '[', '{', '*x', '/nowhere/at/all', '\u0000', '"'),
      fc.string({ maxLength: 20 }),
    ),
  );
  return [
    fuzzTarget('configuration: YAML', 0.06, yaml, (content) => {
      writeFileSync(file, content);
      printConfig(loadConfig({ file, variables: {} }).config, { describe: false });
    }),
    fuzzTarget('configuration: variables', 0.06, fc.array(variable, { maxLength: 3 }), (variables) => {
      const entries = variables.map(([name, value]) => [`LETHE_${name}`, value]);
      return loadConfig({ variables: Object.fromEntries(entries) });
    }),
  ];
}

async function dataTargets(folder: string): Promise<FuzzTarget[]> {
  const grid = { columns: 3, rows: 2 };
  const sprite = await spriteOfImages(new Uint8Array(6 * 3072).fill(5), grid);
  writeFileSync(join(folder, 'cat.webp'), sprite);
  const sha256 = createHash('sha256').update(sprite).digest('hex');
  const classes = [{ id: 0, name: 'cat', file: 'cat.webp', sha256, trainIndices: [1], testIndices: [2] }];
  const cifar100 = { grid: [3, 2], train: 3, test: 2, classes };
  const subset = { ...grid, source: 's', script: 's', seed: 1, trainPerClass: 3, testPerClass: 2, classes };
  const index = join(folder, 'index.json');
  const cifar10 = join(folder, 'cifar10');
  mkdirSync(cifar10);
  const lines = [
    { label: 'cat', vector: [1, 2] },
    { image: 'AAAA', contentType: 'image/png' },
    { path: 'cat.webp' },
  ];
  return [
    fuzzTarget('data set: CIFAR-100 records', 2, mutated([Buffer.alloc(2 * 3074, 7)]), (content) =>
      imagesOfRecords(content, 'train.bin'),
    ),
    fuzzTarget('data set: CIFAR-100 sprites', 0.4, nearlyJson([cifar100]), (content) => {
      writeFileSync(index, content);
      return loadCifar100(folder);
    }),
    fuzzTarget('data set: CIFAR-10 subset', 0.4, nearlyJson([subset]), (content) => {
      writeFileSync(index, content);
      return loadDemoSubset(folder);
    }),
    fuzzTarget('data set: CIFAR-10 records', 0.2, mutated([Buffer.alloc(3073, 7)]), (content) => {
      writeFileSync(join(cifar10, 'data_batch_1.bin'), content);
      return loadCifar10(cifar10);
    }),
    fuzzTarget('data set: JSON lines', 2, fc.array(nearlyJson(lines), { maxLength: 3 }), async (all) => {
      const stream = Readable.from([Buffer.concat(all.flatMap((line) => [line, Buffer.from('\n')]))]);
      for await (const _ of readJsonLines(stream, { name: 'lines', folder }, { maxBytes: 1e6 }));
    }),
  ];
}

function redisTargets(): FuzzTarget[] {
  const receipt = {
    id: 'c1',
    position: 't/0/1',
    registryVersion: 3,
    details: '{"classes":["cat"]}',
    movedClasses: ['cat'],
    movedCounts: '20',
  };
  return [
    fuzzTarget(
      'Redis: vector',
      3,
      fc.tuple(bytes(40), fc.constantFrom('float32' as const, 'float16' as const)),
      ([value, type]) => decodeVector('key', value, { dimension: 4, type }),
    ),
    fuzzTarget('Redis: centroid', 3, fc.oneof(fc.base64String({ maxLength: 40 }), fc.string()), (text) =>
      decodeCentroid('key', text, 4),
    ),
    fuzzTarget(
      'Redis: receipt',
      3,
      fc.tuple(nearlyJson([{ classes: ['cat'] }]), fc.string()),
      ([details, counts]) =>
        receiptOf('key', { ...receipt, details: details.toString(), movedCounts: counts }),
    ),
  ];
}
