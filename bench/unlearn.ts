/**
 * Unlearning a class of 5,000 vectors out of 50,000 (1280-d), from the command on the log to the event on it; by name,
 * and by examples (KNN-100). Best of several. `npm run bench:unlearn`
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Command } from '../src/domain/messages/command.js';
import { normalised } from '../src/domain/vector.js';
import { carryOut, startForBench } from './support/lethe.js';
import { report } from './support/report.js';

const CLASSES = 10;
const PER_CLASS = 5000;
const ROUNDS = 5;
const EXAMPLES = 5;

const lethe = await startForBench({ http: { enabled: false } });
const { dimension } = lethe.store.vectors;
const generator = xoroshiro128plus(1);
const noise = (): number => uniformFloat64(generator) - 0.5;
const centres = Array.from({ length: CLASSES }, () => Float32Array.from({ length: dimension }, noise));
const near = (centre: Float32Array): Float32Array => normalised(centre.map((value) => value + noise()));

const names = centres.map((_, index) => `class-${index}`);
for (const [index, name] of names.entries()) {
  const centre = centres[index] as Float32Array;
  const records = Array.from({ length: PER_CLASS }, (_, row) => ({
    id: `${name}-${row}`,
    className: name,
    task: 'all',
    vector: near(centre),
  }));
  await lethe.store.vectors.upsert('cil', records);
  await lethe.store.registry.update(() => ({
    put: [{ name, state: 'learned', task: 'all', count: PER_CLASS, centroid: normalised(centre) }],
  }));
}

const timed = async (command: Command, kind: 'unlearned' | 'relearned'): Promise<number> => {
  const started = performance.now();
  await carryOut(lethe, command, kind);
  return performance.now() - started;
};
const byName: number[] = [];
const byExamples: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const name = names[round % CLASSES] as string;
  byName.push(await timed({ id: `n${round}`, kind: 'unlearn', classes: [name] }, 'unlearned'));
  await timed({ id: `nr${round}`, kind: 'relearn', classes: [name] }, 'relearned');
  const examples = Array.from({ length: EXAMPLES }, () => ({
    vector: [...near(centres[round % CLASSES] as Float32Array)],
  }));
  byExamples.push(await timed({ id: `e${round}`, kind: 'unlearn', examples }, 'unlearned'));
  await timed({ id: `er${round}`, kind: 'relearn', classes: [name] }, 'relearned');
}
await lethe.close();

report('unlearn', [
  { what: 'by name, best', value: Math.min(...byName), unit: 'ms', aim: '<= 500' },
  { what: 'by name, worst', value: Math.max(...byName), unit: 'ms', aim: '<= 500' },
  { what: `by ${EXAMPLES} examples, best`, value: Math.min(...byExamples), unit: 'ms', aim: '<= 500' },
  { what: `by ${EXAMPLES} examples, worst`, value: Math.max(...byExamples), unit: 'ms', aim: '<= 500' },
]);
process.exit(0);
