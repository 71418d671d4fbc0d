import type { ImageDataset } from 'lethe/internal/data/cifarImages.js';
import type { LetheEvent } from 'lethe/internal/domain/messages/event.js';
import type { ModelVersion } from 'lethe/internal/domain/messages/model.js';
import type { Classifier } from 'lethe/internal/model/classifier.js';
import { type BaselineTools, classifiersOf, trainCilOnly, trainRetrain } from '../evaluation/baselines.js';
import { BASELINES, evaluateProtocol } from '../evaluation/evaluateProtocol.js';
import { knowledgeOf } from '../evaluation/knowledge.js';
import { learningOutcome, methodOutcomes } from '../evaluation/outcomes.js';
import type { TestSet } from '../evaluation/testSet.js';
import { cifar10Protocol, type Protocol } from '../protocol.js';
import type { ReportPlots } from '../report/page.js';
import { type DemoResults, HEADLINES } from '../results.js';
import { demoPlots } from './demoPlots.js';
import type { DemoSystem } from './demoSystem.js';
import { type LabelledImage, labelledImages } from './labelledImage.js';
import { liveOutcome } from './liveOutcome.js';
import { playLive } from './livePlay.js';
import type { Recorded } from './recording.js';
import { runFacts } from './runFacts.js';
import { type ShowProgress, showStep } from './showStep.js';
import { stepOutcomes, unlearningOutcomes } from './stepOutcomes.js';

/** What the demo plays. */
export interface DemoInput {
  readonly dataset: ImageDataset;
  /** The data set in words, for the report. */
  readonly datasetName: string;
  readonly seed: number;
  readonly queriesPerSecond: number;
  readonly restMs: number;
}

/** What came out of a demo. */
export interface Demo {
  readonly results: DemoResults;
  readonly plots: ReportPlots;
}

/**
 * The whole demo: the protocol live, then, with nothing else running, the baselines, the evaluation of every method
 * after every step, and the plots.
 */
export async function runDemo(system: DemoSystem, input: DemoInput, show: ShowProgress): Promise<Demo> {
  const startedAt = new Date();
  const { seed, dataset } = input;
  const protocol = cifar10Protocol(dataset.classNames, seed);
  const train = labelledImages(dataset.train, dataset.classNames, 'train');
  const test = labelledImages(dataset.test, dataset.classNames, 'test');

  const play = await playLive(system, protocol, { ...input, train, test }, (step, recording) =>
    showStep(step, { recording, store: system.store, train, show }),
  );
  const knowledge = await knowledgeOf(system.store);
  await system.stop();

  const { events, predictions } = play.recording;
  const models = publishedIn(events);
  const [initial] = models;
  if (!initial) throw new RangeError('the live run published no model');
  const tools: BaselineTools = {
    ...system,
    knowledge,
    onProgress: (baseline, { task }, { epoch, epochs }) => show(`${baseline}, ${task}: train`, epoch, epochs),
  };
  const retrain = await trainRetrain(protocol, tools);
  const cilOnly = await trainCilOnly(protocol, initial, tools);
  const evaluations = await evaluateProtocol({
    protocol,
    knowledge,
    test: await embedTest(system, test, protocol, show),
    store: system.newStore(),
    live: await loaded(modelsByStep(events, protocol), system),
    cilOnly: new Map([[initial.task, await system.load(initial)], ...classifiersOf(cilOnly)]),
    retrain: classifiersOf(retrain),
    filter: system.filter,
    seed,
  });

  const measured = {
    steps: stepOutcomes(play.steps, events),
    methods: methodOutcomes(evaluations),
    unlearning: unlearningOutcomes(play.steps, events, retrain),
    learning: [
      learningOutcome(evaluations, { name: HEADLINES.lethe, group: 'lethe' }, 'Lethe'),
      learningOutcome(evaluations, { name: BASELINES.cilOnly, group: 'baseline' }, BASELINES.cilOnly),
    ],
    live: liveOutcome({
      queries: play.queries.sent,
      predictions,
      events,
      tasks: protocol.filter(({ kind }) => kind === 'learn').map(({ name }) => name),
    }),
  };
  show('draw the plots', 0, 1);
  const plots = await demoPlots({ protocol, play, knowledge, results: measured, seed });
  show('draw the plots', 1, 1);
  const facts = runFacts(startedAt, {
    seed,
    dataset: input.datasetName,
    embedder: system.embedder,
    backend: initial.backend,
    filter: system.filterName,
  });
  return { results: { facts, ...measured }, plots };
}

/** Test inputs of the protocol's classes; those of others are never asked. */
async function embedTest(
  system: DemoSystem,
  images: readonly LabelledImage[],
  protocol: Protocol,
  show: ShowProgress,
): Promise<TestSet> {
  const classes = protocol.flatMap((step) => step.classes);
  const wanted = images.filter(({ label }) => classes.includes(label));
  const vectors = await system.embed(wanted, (done) => show('embed the test images', done, wanted.length));
  return { ids: wanted.map(({ id }) => id), vectors, truths: wanted.map(({ label }) => label) };
}

/** The models that were published, in their order. */
function publishedIn(events: readonly Recorded<LetheEvent>[]): ModelVersion[] {
  return events.flatMap(({ message }) => (message.kind === 'model-published' ? [message.model] : []));
}

/**
 * The models by the steps after which they came: tasks are named like their steps; a learner that takes classes out of the
 * model says which ones.
 */
export function modelsByStep(
  events: readonly Recorded<LetheEvent>[],
  protocol: Protocol,
): ReadonlyMap<string, ModelVersion> {
  const published = new Map(publishedIn(events).map((model) => [model.version, model]));
  const byStep = new Map<string, ModelVersion>();
  const came = (step: string, version: string): void => {
    const model = published.get(version);
    if (model) byStep.set(step, model);
  };
  for (const { message } of events) {
    if (message.kind === 'task-finished') came(message.task, message.modelVersion);
    if (message.kind !== 'model-revised') continue;
    const step = protocol.findLast(
      ({ kind, classes }) => kind === 'unlearn' && classes.every((name) => message.without.includes(name)),
    );
    if (step) came(step.name, message.modelVersion);
  }
  return byStep;
}

async function loaded(
  models: ReadonlyMap<string, ModelVersion>,
  { load }: DemoSystem,
): Promise<ReadonlyMap<string, Classifier>> {
  const entries = [...models].map(async ([step, model]) => [step, await load(model)] as const);
  return new Map(await Promise.all(entries));
}
