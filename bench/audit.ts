/** How long it takes to verify an audit chain of 100,000 records. `npm run bench:audit` */

import { ChainReader } from '../src/auditing/auditChainReader.js';
import { type ChainHead, chained, EMPTY_CHAIN, sha256 } from '../src/domain/auditChain.js';
import { report } from './support/report.js';

const RECORDS = 100_000;

let head: ChainHead = EMPTY_CHAIN;
const written = Array.from({ length: RECORDS }, (_, index) => {
  const made = chained(
    {
      time: new Date(index).toISOString(),
      model: 'bench',
      position: `lethe.events/0/${index}`,
      told: {
        of: 'event',
        body: { kind: 'unlearned', commandId: `u${index}`, classes: [{ name: 'cat', moved: 5000 }] },
      },
    },
    head,
  );
  head = made.head;
  return { value: made.value, hash: sha256(made.value) };
});
const started = performance.now();
const verifier = new ChainReader((record) => record);
for (const record of written) verifier.next(record);
const seconds = (performance.now() - started) / 1000;
if (verifier.fault) throw new Error(verifier.fault.message);
report('audit', [{ what: `verifying ${RECORDS} records`, value: seconds, unit: 's', aim: '<= 5' }]);
