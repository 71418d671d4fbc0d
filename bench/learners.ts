/**
 * Lethe's learners on sets that have little in common, beside nearest centroid and peers of scikit-learn that are tuned on
 * training vectors. Each set is learned in three tasks: half of the classes, then the rest in two.
 * `npm run bench:learners -- [--sets images,few] [--learners ssre,analytic] [--python <with requirements-heads.txt>]`, and where the
 * files of sets are: `--fashion`, `--cifar100`, `--digits`, `--quotations` (support/vectorSets.ts).
 */
import { parseArgs } from 'node:util';
import { type BaselineModel, trainSequence } from '../packages/experiments/src/evaluation/trainSequence.js';
import { withLearner } from '../packages/experiments/src/learnerTools.js';
import { askHeads, type HeadData } from '../packages/experiments/src/peers.js';
import { loadConfig } from '../src/app/config/loadConfig.js';
import { dot, norm, stacked } from '../src/domain/vector.js';
import type { Rehearsal, TrainingTask } from '../src/model/trainer.js';
import { type Figure, report } from './support/report.js';
import { SET_FOLDERS, VECTOR_SETS, type VectorSet } from './support/vectorSets.js';

const { values } = parseArgs({
  options: {
    sets: { type: 'string', default: Object.keys(VECTOR_SETS).join(',') },
    learners: { type: 'string', default: 'ssre,analytic' },
    python: { type: 'string' },
    fashion: { type: 'string', default: SET_FOLDERS.fashion },
    cifar100: { type: 'string', default: SET_FOLDERS.cifar100 },
    digits: { type: 'string', default: SET_FOLDERS.digits },
    quotations: { type: 'string', default: SET_FOLDERS.quotations },
  },
});
const { learning, model } = loadConfig({ variables: {} }).config;
const figures: Figure[] = [];
for (const name of values.sets.split(',')) {
  const open = Object.entries(VECTOR_SETS).find(([key]) => key === name)?.[1];
  if (!open) throw new Error(`there is no set ${name}: ${Object.keys(VECTOR_SETS).join(', ')}`);
  const own = await measured(name, await open(values));
  figures.push(...own);
  report('learners', own);
}
report('learners', figures);

async function measured(name: string, set: VectorSet): Promise<Figure[]> {
  const tasks = tasksOf(set.classNames);
  const found: Figure[] = [accuracy(`${name}: nearest centroid`, centroidsAccuracy(set))];
  for (const learner of values.learners.split(',')) {
    const models = await learned(learner, set, tasks);
    const last = models.at(-1) as BaselineModel;
    const seconds = models.reduce((sum, each) => sum + each.seconds, 0);
    const share = await accuracyOf(last, set);
    found.push(accuracy(`${name}: ${learner}`, share), {
      what: `${name}: ${learner}, training`,
      value: seconds,
      unit: 's',
    });
    for (const { classifier } of models) classifier.dispose();
  }
  if (values.python) {
    for (const peer of await askHeads(values.python, headData(set), ['logistic_regression', 'knn', 'lda']))
      found.push(accuracy(`${name}: ${peer.name}`, peer.accuracy[0] as number), {
        what: `${name}: ${peer.name}, training`,
        value: peer.seconds[0] as number,
        unit: 's',
      });
  }
  return found;
}

function accuracy(what: string, share: number): Figure {
  return { what, value: 100 * share, unit: '%' };
}

/** Half of the classes, then the rest in two. */
function tasksOf(classNames: readonly string[]): string[][] {
  const half = Math.ceil(classNames.length / 2);
  const rest = classNames.slice(half);
  const middle = Math.ceil(rest.length / 2);
  return [classNames.slice(0, half), rest.slice(0, middle), rest.slice(middle)];
}

function learned(learner: string, set: VectorSet, tasks: readonly string[][]): Promise<BaselineModel[]> {
  const dimension = dimensionOf(set);
  const settings =
    learner === 'analytic'
      ? { analytic: { ...learning.analytic, seed: model.seed } }
      : { ssre: { ...learning.ssre, seed: model.seed } };
  const ssre = 'ssre' in settings ? settings.ssre : undefined;
  return withLearner({ ...settings, backend: 'auto', dimension }, async ({ newTrainer, load }) => {
    const lessons = tasks.map((classes, index): TrainingTask => {
      const own = { task: `t${index}`, classes, ...vectorsOf(set, classes), unlearned: [] };
      const before = tasks.slice(0, index).flat();
      if (!ssre || before.length === 0) return own;
      const rehearsal: Rehearsal = { classes: before, ...vectorsOf(set, before, ssre.rehearsal.perClass) };
      return { ...own, rehearsal };
    });
    return trainSequence(lessons, { trainer: await newTrainer(learner), load }, () => undefined);
  });
}

function vectorsOf(
  { train }: VectorSet,
  classes: readonly string[],
  perClass = Number.POSITIVE_INFINITY,
): { vectors: Float32Array; labels: Int32Array } {
  const rows = classes.flatMap((name, label) =>
    train
      .filter((each) => each.label === name)
      .slice(0, perClass)
      .map((each) => ({ vector: vectorOf(each), label })),
  );
  const vectors = rows.map(({ vector }) => vector);
  return {
    vectors: stacked(vectors, vectors[0]?.length ?? 0),
    labels: Int32Array.from(rows, ({ label }) => label),
  };
}

async function accuracyOf({ classifier }: BaselineModel, { test }: VectorSet): Promise<number> {
  const vectors = test.map(vectorOf);
  const logits = await classifier.logits(stacked(vectors, classifier.dimension));
  const { classes } = classifier;
  const right = test.filter(({ label }, row) => {
    const own = logits.subarray(row * classes.length, (row + 1) * classes.length);
    return classes[own.indexOf(Math.max(...own))] === label;
  });
  return right.length / test.length;
}

function centroidsAccuracy(set: VectorSet): number {
  const sums = set.classNames.map((name) => {
    const { vectors, labels } = vectorsOf(set, [name]);
    const sum = new Float32Array(vectors.length / labels.length);
    for (const [at, value] of vectors.entries())
      sum[at % sum.length] = (sum[at % sum.length] as number) + value;
    return sum;
  });
  const lengths = sums.map(norm);
  const right = set.test.filter((each) => {
    const scores = sums.map((sum, at) => dot(sum, vectorOf(each)) / (lengths[at] as number));
    return set.classNames[scores.indexOf(Math.max(...scores))] === each.label;
  });
  return right.length / set.test.length;
}

function headData(set: VectorSet): HeadData {
  const part = (inputs: VectorSet['train']) => ({
    vectors: stacked(inputs.map(vectorOf), dimensionOf(set)),
    labels: Uint8Array.from(inputs, ({ label }) => set.classNames.indexOf(label)),
  });
  const all = [...set.classNames.keys()];
  return {
    ...{ train: part(set.train), test: part(set.test), dimension: dimensionOf(set), seed: 1993 },
    steps: [{ name: 'all', kind: 'learn', classes: all, remaining: all }],
  };
}

function vectorOf({ payload }: VectorSet['train'][number]): Float32Array {
  if (payload.kind !== 'vector') throw new Error('the set has no vectors');
  return payload.vector;
}

function dimensionOf({ train }: VectorSet): number {
  return train[0] ? vectorOf(train[0]).length : 0;
}
