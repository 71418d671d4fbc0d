/** The long form of test/fuzz: `npm run test:fuzz [-- --inputs 1000000 --seed 7 --only checkpoint]`. */
import { parseArgs } from 'node:util';
import { runFuzz } from '../test/fuzz/runFuzz.js';

const { values } = parseArgs({
  options: { inputs: { type: 'string' }, seed: { type: 'string' }, only: { type: 'string' } },
});
const inputs = Number(values.inputs ?? 1_000_000);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const { only } = values;
console.log(`seed ${seed}, ${inputs} inputs`);
const started = performance.now();
const { decoders, findings, memory } = await runFuzz(
  { inputs, least: 1, batch: 1000, seed, ...(only !== undefined && { only }) },
  ({ name, inputs: count, ms }) =>
    console.log(
      `${name.padEnd(28)} ${String(count).padStart(9)} inputs ${(ms / 1000).toFixed(1).padStart(8)} s`,
    ),
);
const total = decoders.reduce((sum, decoder) => sum + decoder.inputs, 0);
console.log(
  `${total} inputs, ${decoders.length} decoders, ${((performance.now() - started) / 1000).toFixed(0)} s, ` +
    `${Math.round(memory / 2 ** 20)} MiB more at most, ${findings.length} findings`,
);
for (const finding of findings) console.log(`\n${finding}`);
process.exitCode = findings.length === 0 ? 0 : 1;
