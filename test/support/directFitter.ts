import { createDoubleProducts } from '../../src/blas/doubleProducts.js';
import { DetectorFit } from '../../src/model/filter/linear/fitDetector.js';
import type { FitterSettings } from '../../src/model/filter/linear/fitProtocol.js';
import type { DetectorFitter } from '../../src/model/filter/linear/fitter.js';

/** A fitter in the thread of the test: what it makes is what the real one does. `added` tells which classes were read. */
export function directFitter(settings: FitterSettings): DetectorFitter & { readonly added: string[] } {
  const products = createDoubleProducts(1);
  const start = async () => new DetectorFit(settings, await products);
  const held = new Set<string>();
  const added: string[] = [];
  let fit = start();
  return {
    held,
    added,
    async add(key, portions) {
      let count = 0;
      for await (const portion of portions) {
        count += portion.ids.length;
        await (await fit).add(key, portion);
      }
      held.add(key);
      added.push((JSON.parse(key) as [string])[0]);
      return count;
    },
    detector: async (keys) => (await fit).detector(keys),
    async forget() {
      held.clear();
      fit = start();
    },
  };
}
