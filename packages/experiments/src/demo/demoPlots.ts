import { BASELINES } from '../evaluation/evaluateProtocol.js';
import type { ClassKnowledge } from '../evaluation/knowledge.js';
import { type AccuracySeries, accuracyPlot } from '../plots/accuracyPlot.js';
import { embeddingMap, type MapPanel } from '../plots/embeddingMap.js';
import { latencyPlot } from '../plots/latencyPlot.js';
import { timelinePlot } from '../plots/timelinePlot.js';
import { classesAfter, type Protocol } from '../protocol.js';
import type { ReportPlots } from '../report/page.js';
import { type DemoResults, isHeadline, type MethodOutcome, type StepOutcome } from '../results.js';
import { latencySamples } from './liveOutcome.js';
import type { LivePlay } from './livePlay.js';
import { learningTimes, timelineOf } from './timeline.js';

/** Vectors of a class that the map shows: enough to see its place, few enough to be projected in seconds. */
const MAPPED_PER_CLASS = 80;

/** Everything that the plots of a demo are drawn from. */
export interface DemoMaterial {
  readonly protocol: Protocol;
  readonly play: LivePlay;
  readonly knowledge: ReadonlyMap<string, ClassKnowledge>;
  readonly results: Pick<DemoResults, 'steps' | 'methods'>;
  readonly seed: number;
}

/** The plots of the report. */
export async function demoPlots(material: DemoMaterial): Promise<ReportPlots> {
  const { results } = material;
  return {
    accuracy: await accuracyPlot({
      steps: results.steps.map(stepLabel),
      series: results.methods.filter(isPlotted).map(seriesOf),
    }),
    map: await databaseMap(material),
    timeline: await timeline(material),
    latency: await latency(material),
  };
}

function stepLabel({ name, kind, classes }: StepOutcome): string {
  return `${name}\n${kind} ${classes.length > 2 ? `${classes.length} classes` : classes.join(', ')}`;
}

function isPlotted(method: MethodOutcome): boolean {
  return method.group !== 'paper' || isHeadline(method);
}

function seriesOf({ name, group, remaining, unlearned }: MethodOutcome): AccuracySeries {
  const prefix = { lethe: 'Lethe: ', paper: "paper's setting: ", baseline: '' }[group];
  // CIL-only was never asked to forget: its A_u would only squeeze the others'.
  const forgets = name !== BASELINES.cilOnly;
  return { name: `${prefix}${name}`, remaining, unlearned: forgets ? unlearned : unlearned.map(() => null) };
}

/** UMAP of a sample of the vectors, once for both moments. */
async function databaseMap({ protocol, knowledge, seed }: DemoMaterial): Promise<string> {
  const sample = [...knowledge].flatMap(([className, { vectors }]) =>
    vectors.slice(0, MAPPED_PER_CLASS).map(({ vector }) => ({ className, vector })),
  );
  const { projectToPlane } = await import('lethe/internal/model/projection.js');
  const places = projectToPlane(
    sample.map(({ vector }) => vector),
    { seed },
  );
  const panelAfter = (index: number, title: string): MapPanel => {
    const { remaining, unlearned } = classesAfter(protocol, index);
    return {
      title,
      points: sample.flatMap(({ className }, row) => {
        const place = places[row];
        if (!place || ![...remaining, ...unlearned].includes(className)) return [];
        return [{ ...place, className, database: unlearned.includes(className) ? 'mu' : 'cil' }];
      }),
    };
  };
  const last = protocol.length - 1;
  const forgotten = classesAfter(protocol, last).unlearned.join(' and ');
  return embeddingMap({
    classes: [...knowledge.keys()],
    panels: [
      panelAfter(0, 'Before: after the initial task'),
      panelAfter(last, `After: ${forgotten} unlearned`),
    ],
  });
}

function timeline({ play }: DemoMaterial): Promise<string> {
  return timelinePlot(timelineOf(play.steps, play.recording.events, originOf(play)));
}

function latency({ play, protocol }: DemoMaterial): Promise<string> {
  const origin = originOf(play);
  const seconds = (at: number): number => (at - origin) / 1000;
  const { events, predictions } = play.recording;
  return latencyPlot({
    samples: latencySamples(predictions, origin),
    training: protocol
      .filter(({ kind }) => kind === 'learn')
      .map(({ name }) => {
        const { training } = learningTimes(events, name);
        return { label: name, from: seconds(training.from), to: seconds(training.to) };
      }),
    moments: play.steps
      .filter(({ step }) => step.kind === 'unlearn')
      .map(({ step, writtenAt }) => ({
        label: `${step.classes.join(', ')} unlearned`,
        at: seconds(writtenAt),
      })),
  });
}

function originOf({ steps }: LivePlay): number {
  return steps[0]?.writtenAt ?? 0;
}
