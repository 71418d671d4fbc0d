import { embedderOf } from '../../src/app/embedder.js';
import { CIFAR_IMAGE_BYTES } from '../../src/data/cifarImages.js';
import { loadDemoSubset } from '../../src/data/demoSubset.js';
import { encodeQuery } from '../../src/domain/cloudEvents.js';
import type { ImagePayload } from '../../src/domain/messages/payload.js';
import { DEFAULT_IMAGE_LIMITS, decodeImage } from '../../src/model/embedder/decodeImage.js';
import { workOff } from './backlog.js';
import { carryOut, type Deployment, deploy, learn } from './deployment.js';
import type { Part } from './parts.js';

const ROUNDS = 3;
const IMAGES = 900;
const WARM_UP = 200;

type Images = Awaited<ReturnType<typeof loadDemoSubset>>['test'];

/**
 * Queries a second with 32x32 images beside what the bare embedder makes of the same images in the same batches, best of
 * several rounds in turn. All 2,000 training images of the bundled subset are taught through the topics before.
 */
export const imageThroughput: Part = async (services) => {
  const { train, test, classNames } = await loadDemoSubset();
  const deployment = await deploy(services);
  const learner = await deployment.start('learn');
  const inputs = Array.from(train.labels, (label, row) => ({
    label: classNames[label] as string,
    payload: payloadOf(train, row),
  }));
  await learn(deployment, 'base', inputs);
  const forgotten = classNames[0] as string;
  await carryOut(deployment, { id: 'forget', kind: 'unlearn', classes: [forgotten] }, 'filter-calibrated');
  await learner.stop();

  const bare = await bareEmbedder(deployment, test);
  const bareRates: number[] = [];
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    bareRates.push(await bare.rate());
    const queries = Array.from({ length: IMAGES }, (_, index) =>
      encodeQuery({ id: `i${round}-${index}`, payload: payloadOf(test, index) }, deployment.topics),
    );
    rates.push((await workOff(deployment, services, queries, { workers: 1, warmUp: WARM_UP })).perSecond);
  }
  await bare.close();
  await deployment.close();
  const [bareBest, best] = [Math.max(...bareRates), Math.max(...rates)];
  const name = `images, ${inputs.length} vectors in the databases, a tenth unlearned`;
  return [
    { what: 'bare embedder, 32x32 images', value: bareBest, unit: 'images/s' },
    { what: `${name}, exactly once`, value: best, unit: 'queries/s' },
    { what: `${name}: queries/s / bare embedder`, value: best / bareBest, unit: 'ratio', aim: '>= 0.8' },
  ];
};

function payloadOf({ images, labels }: Images, index: number): ImagePayload {
  const row = index % labels.length;
  const bytes = images.subarray(row * CIFAR_IMAGE_BYTES, (row + 1) * CIFAR_IMAGE_BYTES);
  return { kind: 'image', contentType: 'application/x-cifar', bytes };
}

/** The embedder alone, on decoded images, in the batches of live queries. */
async function bareEmbedder(
  { config }: Deployment,
  images: Images,
): Promise<{ rate: () => Promise<number>; close: () => Promise<void> }> {
  const embedder = await embedderOf(config);
  const decoded = await Promise.all(
    Array.from({ length: IMAGES }, (_, index) =>
      decodeImage(payloadOf(images, index), embedder.inputSize, DEFAULT_IMAGE_LIMITS),
    ),
  );
  const { embedBatchSize } = config.inference;
  const rate = async (): Promise<number> => {
    const started = performance.now();
    for (let start = 0; start < IMAGES; start += embedBatchSize)
      await embedder.embed(decoded.slice(start, start + embedBatchSize));
    return (1000 * IMAGES) / (performance.now() - started);
  };
  await embedder.embed(decoded.slice(0, embedBatchSize));
  return { rate, close: () => embedder.close() };
}
