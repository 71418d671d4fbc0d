/**
 * Inputs of no class: Lethe knows CIFAR-10 and is asked for images of Fashion-MNIST. How well the similarity to the nearest
 * vectors tells them apart. `npm run bench:open-world -- <t10k-images-idx3-ubyte.gz>`; in Debian that file is in the package
 * dataset-fashion-mnist.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import sharp from 'sharp';
import { embeddedCifar10 } from '../packages/experiments/src/embeddedCifar10.js';
import { cacheFolder } from '../src/data/cacheFolder.js';
import { encodeQuery } from '../src/domain/cloudEvents.js';
import type { Payload } from '../src/domain/messages/payload.js';
import type { Prediction } from '../src/domain/messages/prediction.js';
import { auroc, falsePositiveRate } from '../src/verification/auroc.js';
import { labelled } from './support/labelled.js';
import { answersTo, carryOut, learnTask, nextEvent, startForBench } from './support/lethe.js';
import { report } from './support/report.js';

const OUTSIDE = 2000;
const HEADER_BYTES = 16;
const SIDE = 28;

const file = process.argv[2];
if (file === undefined) throw new Error('name the file t10k-images-idx3-ubyte.gz of Fashion-MNIST');
const cifar10 = await embeddedCifar10(cacheFolder(), () => undefined);
const inputs = labelled(cifar10.test, cifar10);
const lethe = await startForBench({
  http: { enabled: false },
  learning: { taskTimeoutSeconds: 600, learner: 'analytic' },
  inference: { unknown: { enabled: true } },
});
const calibrated = nextEvent(lethe, 'known-calibrated');
await learnTask(lethe, 'cifar10', labelled(cifar10.train, cifar10));
const { level } = await calibrated;

const inside = await ask(
  'inside',
  inputs.map(({ payload }) => payload),
);
const outside = await ask('outside', await fashion(file));
const recalibrated = nextEvent(lethe, 'known-calibrated');
await carryOut(lethe, { id: 'u1', kind: 'unlearn', classes: ['cat'] }, 'unlearned');
await recalibrated;
const unlearned = await ask(
  'unlearned',
  inputs.flatMap(({ label, payload }) => (label === 'cat' ? payload : [])),
);

const unknown = (all: readonly Prediction[]): number =>
  (100 * all.filter(({ route }) => route === 'unknown').length) / all.length;
report('open-world', [
  {
    what: 'similarity to the nearest, CIFAR-10 against Fashion-MNIST: AUROC',
    value: auroc(inside.map(similarity), outside.map(similarity)),
    unit: '',
  },
  {
    what: '  Fashion-MNIST taken for known where 95 % of CIFAR-10 are (FPR at 95 % TPR)',
    value: 100 * falsePositiveRate(inside.map(similarity), outside.map(similarity), 0.95),
    unit: '%',
  },
  {
    what: `answered unknown at the calibrated level ${level.toFixed(3)}: CIFAR-10 test images`,
    value: unknown(inside),
    unit: '%',
    aim: 'about 5',
  },
  { what: '  images of Fashion-MNIST', value: unknown(outside), unit: '%' },
  { what: '  test images of an unlearned class', value: unknown(unlearned), unit: '%' },
]);
await lethe.close();
process.exit(0);

function ask(name: string, payloads: readonly Payload[]): Promise<readonly Prediction[]> {
  return answersTo(
    lethe,
    payloads.map((payload, index) => encodeQuery({ id: `${name}-${index}`, payload }, lethe.topics)),
  );
}

function similarity({ evidence }: Prediction): number {
  return Math.max(evidence.remainingSimilarity ?? -1, evidence.unlearnedSimilarity ?? -1);
}

/** Images as PNG, in the idx format: a header, then a byte a pixel. */
async function fashion(path: string): Promise<Payload[]> {
  const pixels = gunzipSync(readFileSync(path)).subarray(HEADER_BYTES);
  return Promise.all(
    Array.from({ length: OUTSIDE }, async (_, index): Promise<Payload> => {
      const raw = pixels.subarray(index * SIDE * SIDE, (index + 1) * SIDE * SIDE);
      const image = sharp(raw, { raw: { width: SIDE, height: SIDE, channels: 1 } });
      return { kind: 'image', contentType: 'image/png', bytes: await image.png().toBuffer() };
    }),
  );
}
