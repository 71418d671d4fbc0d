import type { KnowledgeStore } from '../adapters/knowledgeStore.js';
import { createLinearScreen } from '../answering/linearScreen.js';
import { createRefining } from '../answering/refining.js';
import { createScreen, type Screen, type ScreenOptions } from '../answering/screen.js';
import { createDetectorFitter } from '../model/filter/linear/fitter.js';
import { relativeFilter } from '../model/filter/relative.js';
import { thresholdFilter } from '../model/filter/threshold.js';
import type { LetheConfig } from './config/schema.js';

/** Held-out vectors of a detector, of all classes together, for each that a search would draw from a database. */
const HELD_OUT_IN_ALL = 4;

/** The filter that the config names. While its detector lacks a class, the linear one decides as the relative one does. */
export function screenOf(config: LetheConfig, store: KnowledgeStore): Screen {
  const options = screenOptions(config);
  const search = createScreen(store, options);
  const { kind, k } = config.filter;
  if (kind !== 'linear' && kind !== 'linear+knn') return search;
  const { specificity, heldOut, familiarity = false, seed } = options;
  const { dimension } = store.vectors;
  const fitter = createDetectorFitter({
    dimension,
    heldOut: { perClass: heldOut, inAll: HELD_OUT_IN_ALL * heldOut },
    seed,
  });
  const refining =
    kind === 'linear+knn' && specificity !== null
      ? { refining: createRefining(store, { search, filter: relativeFilter(k), specificity, heldOut }) }
      : {};
  return createLinearScreen(store, { fitter, search, specificity, familiarity, ...refining });
}

/** Whether and how the databases are searched: for the filter, or for unknown inputs. */
export function screenOptions({ filter, inference, model }: LetheConfig): ScreenOptions {
  return {
    filter: filter.kind === 'threshold' ? thresholdFilter(filter.threshold) : relativeFilter(filter.k),
    specificity: filter.calibrate ? filter.specificity : null,
    heldOut: filter.calibrationSamples,
    familiarity: inference.unknown.enabled,
    seed: model.seed,
  };
}
