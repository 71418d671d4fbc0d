import { exhaustMap, interval, takeWhile } from 'rxjs';
import type { ImageDataset } from '../../data/cifar10.js';
import type { LetheEvent } from '../../domain/messages/event.js';
import type { Classifier } from '../../model/classifier.js';
import { type BaselineTools, classifiersOf, trainCilOnly, trainRetrain } from '../evaluation/baselines.js';
import { BASELINES, evaluateProtocol } from '../evaluation/evaluateProtocol.js';
import { knowledgeOf } from '../evaluation/knowledge.js';
import { learningOutcome, methodOutcomes } from '../evaluation/outcomes.js';
import type { TestSet } from '../evaluation/testSet.js';
import { cifar10Protocol, describeStep, type Protocol, type ProtocolStep } from '../protocol.js';
import type { ReportPlots } from '../report/page.js';
import type { DemoResults } from '../results.js';
import { demoPlots } from './demoPlots.js';
import type { DemoSystem } from './demoSystem.js';
import { type LabelledImage, labelledImages } from './labelledImage.js';
import { liveOutcome } from './liveOutcome.js';
import { commandId, playLive } from './livePlay.js';
import type { Recorded, Recording } from './recording.js';
import { runFacts } from './runFacts.js';
import { stepOutcomes, unlearningOutcomes } from './stepOutcomes.js';

const PROGRESS_MS = 250;

/** What the demo plays. */
export interface DemoInput {
  readonly dataset: ImageDataset;
  /** The data set in words, for the report. */
  readonly datasetName: string;
  readonly seed: number;
  readonly queriesPerSecond: number;
}

/** Tells what goes on: `done` of `total` of something, the last time with `done` = `total`. */
export type ShowProgress = (what: string, done: number, total: number) => void;

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

  const play = await playLive(
    system,
    protocol,
    { train, test, seed, queriesPerSecond: input.queriesPerSecond },
    (step, recording) => follow(step, recording, system, train, show),
  );
  const knowledge = await knowledgeOf(system.store);
  await system.stop();

  const { events, predictions } = play.recording;
  const tools: BaselineTools = {
    ...system,
    knowledge,
    onProgress: (baseline, { task }, { epoch, epochs }) => show(`${baseline}, ${task}: train`, epoch, epochs),
  };
  const retrain = await trainRetrain(protocol, tools);
  const cilOnly = await trainCilOnly(protocol, tools);
  const evaluations = await evaluateProtocol({
    protocol,
    knowledge,
    test: await embedTest(system, test, protocol, show),
    store: system.newStore(),
    live: await liveModels(system, events),
    cilOnly: classifiersOf(cilOnly),
    retrain: classifiersOf(retrain),
    filter: system.filter,
    seed,
  });

  const measured = {
    steps: stepOutcomes(play.steps, events),
    methods: methodOutcomes(evaluations),
    unlearning: unlearningOutcomes(play.steps, events, retrain),
    learning: [
      learningOutcome(evaluations, { name: 'nearest', group: 'lethe' }, 'Lethe'),
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
    backend: backendOf(events),
    filter: system.filterName,
  });
  return { results: { facts, ...measured }, plots };
}

/** Shows the embedding and the training of a step, as they go on. */
function follow(
  step: ProtocolStep,
  { events$ }: Recording,
  { store }: DemoSystem,
  train: readonly LabelledImage[],
  show: ShowProgress,
): void {
  const { kind, name, classes } = step;
  const ends = (message: LetheEvent): boolean =>
    (message.kind === 'task-finished' && message.task === name) ||
    (message.kind === 'unlearned' && message.commandId === commandId(name));
  events$.pipe(takeWhile(({ message }) => !ends(message), true)).subscribe({
    next: ({ message }) => {
      if (message.kind === 'task-epoch' && message.task === name)
        show(`${describeStep(step)}: train`, message.epoch, message.epochs);
      if (message.kind === 'unlearned' && ends(message)) show(describeStep(step), 1, 1);
    },
    // Whoever waits for the step sees the failure; here only the showing ends.
    error: () => undefined,
  });
  if (kind === 'unlearn') return;
  const total = train.filter(({ label }) => classes.includes(label)).length;
  interval(PROGRESS_MS)
    .pipe(
      exhaustMap(() => store.vectors.count({ classes })),
      takeWhile((done) => done < total, true),
    )
    .subscribe((done) => show(`${describeStep(step)}: embed`, done, total));
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

/** The models of the live run by their tasks, which are named like the steps. */
async function liveModels(
  { load }: DemoSystem,
  events: readonly Recorded<LetheEvent>[],
): Promise<ReadonlyMap<string, Classifier>> {
  const models = new Map<string, Classifier>();
  for (const { message } of events)
    if (message.kind === 'model-published') models.set(message.model.task, await load(message.model));
  return models;
}

function backendOf(events: readonly Recorded<LetheEvent>[]): string {
  for (const { message } of events) if (message.kind === 'model-published') return message.model.backend;
  return 'none';
}
