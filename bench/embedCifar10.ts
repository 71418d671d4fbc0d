import { embeddedCifar10 } from '../packages/experiments/src/embeddedCifar10.js';
import { cacheFolder } from '../src/data/cacheFolder.js';

/** Fills the cache with the embeddings of CIFAR-10, which the other benchmarks then find there. */
const started = performance.now();
await embeddedCifar10(cacheFolder(), ({ step, subject, done, total, unit }) => {
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${seconds} s  ${step} ${subject}: ${done}${total === null ? '' : ` of ${total}`} ${unit}`);
});
