/**
 * Whether probabilities mean something: the expected calibration error (ECE, 15 bins) of answers to test inputs on unlike sets, as
 * they are served and as they would be without the temperature factor of the model; after two tasks, after an unlearning and, with
 * SSRE, after the erasure. By the embedded pipeline.
 * `npm run bench:probabilities -- [learner] [sets, by commas] [folder of Fashion-MNIST]`; the sets are those of
 * support/vectorSets.ts; in Debian, the files of Fashion-MNIST are in the package dataset-fashion-mnist.
 */

import { fileURLToPath } from 'node:url';
import { encodeQuery } from '../src/domain/cloudEvents.js';
import type { Prediction } from '../src/domain/messages/prediction.js';
import { readCheckpoint } from '../src/model/checkpoint/readCheckpoint.js';
import { randomOf } from '../src/model/ssre/random.js';
import { answersTo, carryOut, learnTask, nextEvent, startForBench } from './support/lethe.js';
import { type Figure, report } from './support/report.js';
import { SET_FOLDERS, VECTOR_SETS, type VectorSet } from './support/vectorSets.js';

const BINS = 15;
/** Draws of what would come true if the probabilities were right. */
const DRAWS = 100;
const [learner = 'ssre', names = 'images', fashion = SET_FOLDERS.fashion] = process.argv.slice(2);
const figures: Figure[] = [];
for (const name of names.split(',')) await measureSet(name);
report(`probabilities-${learner}`, figures);
process.exit(0);

async function measureSet(name: string): Promise<void> {
  const open = Object.entries(VECTOR_SETS).find(([key]) => key === name)?.[1];
  if (!open) throw new Error(`there is no set ${name}: ${Object.keys(VECTOR_SETS).join(', ')}`);
  const set: VectorSet = await open({ ...SET_FOLDERS, fashion });
  const lethe = await startForBench({
    embedder: { kind: 'vectors', dimension: dimensionOf(set) },
    http: { enabled: false },
    inference: { topK: set.classNames.length },
    learning: {
      learner: learner === 'analytic' ? learner : 'ssre',
      ssre: { calibrate: true },
      taskTimeoutSeconds: 3600,
    },
  });
  const classes = set.classNames.slice(0, 7);
  const forgotten = classes[3] as string;
  const remaining = classes.filter((each) => each !== forgotten);
  const measure = (step: string, known: readonly string[]) => measureAnswers(`${name}, ${step}`, known);

  await learnTask(lethe, 'five', inputsOf(set.train, classes.slice(0, 5)));
  await measure('five classes', classes.slice(0, 5));
  await learnTask(lethe, 'two more', inputsOf(set.train, classes.slice(5)));
  await measure('seven', classes);
  const revised = learner === 'analytic' ? nextEvent(lethe, 'model-revised') : undefined;
  await carryOut(lethe, { id: 'u1', kind: 'unlearn', classes: [forgotten] }, 'unlearned');
  await revised;
  await measure(learner === 'analytic' ? 'one unlearned' : 'one unlearned (masked)', remaining);
  if (learner !== 'analytic') {
    await carryOut(lethe, { id: 'e1', kind: 'erase', classes: [forgotten] }, 'erased');
    await measure('it erased', remaining);
  }
  await lethe.close();

  async function measureAnswers(what: string, known: readonly string[]): Promise<void> {
    const asked = inputsOf(set.test, known).map(({ label, payload }, index) =>
      encodeQuery({ id: `${what} ${index}`, truth: label, payload }, lethe.topics),
    );
    const answers = await answersTo(lethe, asked, 64);
    const factor = await factorOf(lethe.store.registry.snapshot().model);
    const [before, after] = [answers.map((each) => at(each, 1 / factor)), answers.map((each) => at(each, 1))];
    figures.push(
      { what: `${what}: accuracy`, value: mean(after.map(({ right }) => Number(right))), unit: '' },
      { what: '  mean confidence', value: mean(after.map(({ confidence }) => confidence)), unit: '' },
      { what: '  temperature factor', value: factor, unit: '' },
      { what: '  ECE without it', value: eceOf(before), unit: '' },
      { what: '  ECE', value: eceOf(after), unit: '', aim: '<= 0.03' },
      { what: '  ECE of as many inputs were the probabilities right', value: floorOf(after), unit: '' },
      { what: '  cross-entropy without it', value: lossOf(before), unit: 'nats' },
      { what: '  cross-entropy', value: lossOf(after), unit: 'nats' },
    );
    report(`probabilities-${learner}`, figures.slice(-8));
  }
}

function inputsOf<T extends { readonly label: string }>(all: readonly T[], classes: readonly string[]): T[] {
  return all.filter(({ label }) => classes.includes(label));
}

function dimensionOf({ train }: VectorSet): number {
  const payload = train[0]?.payload;
  if (payload?.kind !== 'vector') throw new Error('the set has no vectors');
  return payload.vector.length;
}

async function factorOf(model: { readonly checkpoint: string } | null): Promise<number> {
  if (!model) throw new Error('there is no model');
  return (await readCheckpoint(fileURLToPath(model.checkpoint))).state.temperatureFactor;
}

interface Confident {
  readonly confidence: number;
  readonly right: boolean;
  /** Probability of the right class. */
  readonly truth: number;
}

/** The answer as it would be with logits divided by this temperature once more. */
function at({ probabilities, truth }: Prediction, temperature: number): Confident {
  const powers = probabilities.map(({ probability }) => Math.max(probability, 1e-300) ** (1 / temperature));
  const total = powers.reduce((sum, power) => sum + power, 0);
  const place = probabilities.findIndex(({ label }) => label === truth);
  return {
    confidence: (powers[0] ?? 0) / total,
    right: place === 0,
    truth: (powers[place] ?? 1e-300) / total,
  };
}

function lossOf(answers: readonly Confident[]): number {
  return mean(answers.map(({ truth }) => -Math.log(Math.max(truth, 1e-12))));
}

function eceOf(answers: readonly Pick<Confident, 'confidence' | 'right'>[]): number {
  const bins = Array.from({ length: BINS }, (): Pick<Confident, 'confidence' | 'right'>[] => []);
  for (const answer of answers) bins[Math.min(BINS - 1, Math.floor(answer.confidence * BINS))]?.push(answer);
  return bins
    .filter((bin) => bin.length > 0)
    .map((bin) => {
      const gap = mean(bin.map(({ right }) => Number(right))) - mean(bin.map(({ confidence }) => confidence));
      return (Math.abs(gap) * bin.length) / answers.length;
    })
    .reduce((sum, gap) => sum + gap, 0);
}

/** The mean ECE where an answer of confidence p is right with probability p: what so few inputs can show at best. */
function floorOf(answers: readonly Confident[]): number {
  const random = randomOf(1993, answers.length);
  return mean(
    Array.from({ length: DRAWS }, () =>
      eceOf(
        answers.map(({ confidence }) => ({
          confidence,
          right: random.below(2 ** 30) < confidence * 2 ** 30,
        })),
      ),
    ),
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
