/**
 * Settings of the analytic learner on a validation split (of CIFAR-10's *training* images every fifth is held out, no
 * test image is seen), and its Cholesky factorisation beside LAPACK's.
 * `npm run bench:analytic -- [<python with numpy>] [<widths of the projection>]`
 */
import { execFileSync } from 'node:child_process';
import { embeddedCifar10 } from '../packages/experiments/src/embeddedCifar10.js';
import { createDoubleProducts } from '../src/blas/doubleProducts.js';
import { cacheFolder } from '../src/data/cacheFolder.js';
import { choleskyOf } from '../src/model/analytic/cholesky.js';
import { analyticConfigSchema } from '../src/model/analytic/config.js';
import { featureMap, featuresOf } from '../src/model/analytic/features.js';
import { UNIT } from '../src/model/analytic/fixedPoint.js';
import { ridgeHead } from '../src/model/analytic/head.js';
import { statisticsOf } from '../src/model/analytic/statistics.js';
import { normals, randomOf } from '../src/model/ssre/random.js';
import { validationSplit } from './support/validationSplit.js';

const [python, widths = '0,2560'] = process.argv.slice(2);
const LAMBDAS = [1e-3, 1e-2, 0.03, 0.1, 0.3, 1, 10];
const TEMPERATURES = [0.03, 0.05, 0.07, 0.1, 0.15, 0.2];
const SIZES = [1280, 2560];
const ROUNDS = 3;

const LAPACK = `
import sys, time
import numpy as np
n = int(sys.argv[1])
x = np.random.default_rng(1).standard_normal((n, n))
a = x.T @ x + np.eye(n)
best = 1e9
for _ in range(3):
    started = time.perf_counter()
    np.linalg.cholesky(a)
    best = min(best, time.perf_counter() - started)
print(1000 * best)
`;

const products = await createDoubleProducts();
if (python) await compareCholesky(python);
await compareSettings();
await products.release();
process.exit(0);

async function compareSettings(): Promise<void> {
  const { train, test, classNames, dimension } = validationSplit(
    await embeddedCifar10(cacheFolder(), () => undefined),
  );
  console.log(
    'projection\tlambda\taccuracy in %\tseconds\tcross-entropy at temperature',
    TEMPERATURES.join('\t'),
  );
  for (const projection of widths.split(',').map(Number)) {
    const config = { ...analyticConfigSchema.parse({}), projection };
    const map = featureMap(dimension, config);
    const started = performance.now();
    const labels = Int32Array.from(train.labels);
    const statistics = await statisticsOf(
      { classes: classNames, vectors: train.vectors, labels },
      config,
      map,
      products,
    );
    const seconds = (performance.now() - started) / 1000;
    const features = (await featuresOf(test.vectors, map, products)).map((value) => value / UNIT);
    for (const lambda of LAMBDAS) {
      const { weights } = await ridgeHead(statistics, { ...config, lambda }, products);
      const scores = await products.timesTransposed(features, weights, map.width);
      const right = test.labels.filter((label, row) => best(rowOf(scores, row, classNames.length)) === label);
      console.log(
        [
          projection,
          lambda,
          ((100 * right.length) / test.labels.length).toFixed(2),
          seconds.toFixed(1),
          ...TEMPERATURES.map((temperature) =>
            crossEntropy(scores, test.labels, classNames.length, temperature).toFixed(4),
          ),
        ].join('\t'),
      );
    }
  }
}

function rowOf(scores: Float64Array, row: number, classes: number): Float64Array {
  return scores.subarray(row * classes, (row + 1) * classes);
}

function best(row: Float64Array): number {
  return row.indexOf(Math.max(...row));
}

function crossEntropy(
  scores: Float64Array,
  labels: Uint8Array,
  classes: number,
  temperature: number,
): number {
  let sum = 0;
  labels.forEach((label, row) => {
    const logits = rowOf(scores, row, classes).map((score) => score / temperature);
    const largest = Math.max(...logits);
    const total = logits.reduce((all, logit) => all + Math.exp(logit - largest), 0);
    sum += largest + Math.log(total) - (logits[label] as number);
  });
  return sum / labels.length;
}

/** Best of some rounds by turns, on the same machine at the same time, all cores each. */
async function compareCholesky(library: string): Promise<void> {
  console.log('n\town Cholesky, ms\tNumPy (LAPACK), ms');
  for (const n of SIZES) {
    const gram = await products.gram(Float64Array.from(normals(n * n, 1, randomOf(n))), n);
    for (let i = 0; i < n; i++) gram[i * n + i] = (gram[i * n + i] as number) + 1;
    const [own, theirs]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      const started = performance.now();
      await choleskyOf(gram, n, products);
      own.push(performance.now() - started);
      theirs.push(Number(execFileSync(library, ['-c', LAPACK, String(n)]).toString()));
    }
    console.log([n, Math.min(...own).toFixed(0), Math.min(...theirs).toFixed(0)].join('\t'));
  }
}
