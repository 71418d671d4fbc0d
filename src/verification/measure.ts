import { argmaxOf } from '../model/answer/softmax.js';
import { auroc } from './auroc.js';
import { jensenShannon } from './divergence.js';
import { mean } from './mean.js';
import { probe } from './probe.js';
import { relearningSteps } from './relearning.js';
import { type ModelView, probabilities, type Vectors } from './systems.js';

/** A model with all that a deployment of it holds. */
export interface System {
  readonly model: ModelView;
  /** Similarity of each input to the nearest stored vector: what somebody finds who reads the databases. */
  readonly nearest: (inputs: Vectors) => Promise<readonly number[]>;
}

/** The vectors that a system is judged on. */
export interface VerificationData {
  readonly className: string;
  /** Classes that an answer may name: those that the registry calls learned, without this one. All others are masked. */
  readonly remaining: readonly string[];
  /** Vectors that the class was learned with. */
  readonly members: Vectors;
  /** Test vectors of the class, which no model saw. */
  readonly test: Vectors;
  /** Test vectors of the remaining classes, with their labels. */
  readonly others: Vectors;
  readonly otherLabels: readonly string[];
  /** Training vectors of the remaining classes, as many as of the class. */
  readonly otherMembers: Vectors;
}

/** What was measured of a system; each to be compared with what it is for a retrained one. */
export interface Measured {
  /** Accuracy on test inputs of the remaining classes, all forgotten ones masked as in answers, %. */
  readonly remaining: number;
  /** Share of test inputs of the class that are answered with it, the mask taken off, %. */
  readonly unmasked: number;
  /** 1 - mean JS divergence (bits) to a model that was never trained, on test inputs of the class. */
  readonly zrf: number;
  /** Membership inference by confidence: AUROC of training against test inputs of the class. */
  readonly membership: number;
  /** Membership inference by the similarity to the nearest stored vector. */
  readonly nearestStored: number;
  /** A linear probe of the features: AUROC of the class's test inputs against others. */
  readonly featureProbe: number;
  /** A linear probe of all scores, the mask taken off. */
  readonly scoreProbe: number;
  /** Optimiser steps until the class is answered again. */
  readonly relearning: number;
}

/** Vectors of each kind that the attacks look at, at most. */
const MOST = 1000;

/**
 * Measures a system.
 * @param untrained a model of the same form with random weights
 * @param share accuracy on the class at which it counts as relearned
 */
export async function measure(
  { model, nearest }: System,
  untrained: ModelView,
  data: VerificationData,
  share: number,
  seed: number,
): Promise<Measured> {
  const [members, test, others] = [data.members, data.test, data.others].map((all) => all.slice(0, MOST));
  const own = model.classes.indexOf(data.className);
  const all = [...model.classes.keys()];
  // Not this class alone: answers are masked of whatever else is forgotten, too.
  const masked = all.filter((column) => data.remaining.includes(model.classes[column] as string));
  const [memberLogits, testLogits, otherLogits] = await Promise.all(
    [members ?? [], test ?? [], data.others].map((some) => model.logits(some)),
  );
  const confidence = (logits: Float32Array): number => Math.max(...probabilities(logits, all));
  const [testFeatures, otherFeatures] = await Promise.all(
    [test ?? [], others ?? []].map((some) => model.features(some)),
  );
  const right = otherLogits?.filter(
    (logits, index) =>
      masked.length > 0 && model.classes[argmaxOf(logits, masked)] === data.otherLabels[index],
  );
  const answered = testLogits?.filter((logits) => argmaxOf(logits, all) === own);
  return {
    remaining: (100 * (right?.length ?? 0)) / data.others.length,
    unmasked: (100 * (answered?.length ?? 0)) / Math.max(1, testLogits?.length ?? 0),
    zrf: 1 - (await divergence(model, untrained, test ?? [])),
    membership: auroc((memberLogits ?? []).map(confidence), (testLogits ?? []).map(confidence)),
    nearestStored: auroc(await nearest(members ?? []), await nearest(test ?? [])),
    featureProbe: await probe(testFeatures ?? [], otherFeatures ?? []),
    scoreProbe: await probe(testLogits ?? [], (otherLogits ?? []).slice(0, MOST)),
    relearning: await relearningSteps(
      model,
      data.className,
      { class: members ?? [], others: data.otherMembers.slice(0, MOST), test: test ?? [] },
      share,
      seed,
    ),
  };
}

/** Mean JS divergence, in bits, of two models' distributions over the classes that both know. */
export async function divergence(a: ModelView, b: ModelView, inputs: Vectors): Promise<number> {
  const common = a.classes.filter((name) => b.classes.includes(name));
  const [ofA, ofB] = await Promise.all([a.logits(inputs), b.logits(inputs)]);
  const over = (model: ModelView, logits: Float32Array): number[] => {
    const columns = common.map((name) => model.classes.indexOf(name));
    const all = probabilities(logits, columns);
    return columns.map((column) => all[column] as number);
  };
  return mean(ofA.map((logits, i) => jensenShannon(over(a, logits), over(b, ofB[i] as Float32Array))));
}
