import type { EventOf, LetheEvent } from './messages/event.js';
import { placeWords } from './placeWords.js';
import { topicPlaces } from './topicPlaces.js';

/** An event in words. */
export interface EventWords {
  /** What happened. */
  readonly what: string;
  /** More of it; empty where there is nothing to add. */
  readonly more: string;
}

/** Describes an event, for the command line, the console and the audit chain alike. */
export function describeEvent(event: LetheEvent): EventWords {
  switch (event.kind) {
    case 'task-announced':
      return words(`task ${event.task} announced`, `${event.samples} samples of ${event.classes.join(', ')}`);
    case 'task-embedded':
      return words(`task ${event.task} embedded`, `${event.samples} vectors in ${seconds(event.ms)}`);
    case 'task-started':
      return words(`task ${event.task} trains`, event.classes.join(', '));
    case 'task-epoch':
      return words(`task ${event.task}, epoch ${event.epoch}`, `loss ${event.loss.toPrecision(3)}`);
    case 'task-finished':
      return words(`task ${event.task} learned`, `model ${event.modelVersion}, ${seconds(event.ms)}`);
    case 'task-failed':
      return words(`task ${event.task} failed`, event.error.message);
    case 'model-published':
      return words(`model ${event.model.version} is current`, `trained on ${event.model.classes.join(', ')}`);
    case 'model-rebuilt': {
      const { vectors, accuracyBefore, accuracyAfter } = event.evidence;
      return words(
        `model rebuilt without ${event.without.join(', ') || 'samples'} in ${seconds(event.ms)}`,
        `${event.modelVersion} replaces ${event.replaces}; accuracy on ${vectors} vectors of the remaining classes: ` +
          `${accuracyAfter.toFixed(4)}, before ${accuracyBefore.toFixed(4)}`,
      );
    }
    case 'model-revised': {
      const without = event.without.length > 0 ? `, without ${event.without.join(', ')}` : '';
      const returned = event.returned.length > 0 ? `, again with ${event.returned.join(', ')}` : '';
      return words(
        `model revised in ${seconds(event.ms)}${without}${returned}`,
        `${event.modelVersion} replaces ${event.replaces} (${event.how})`,
      );
    }
    case 'rebuild-failed':
      return words('rebuild failed', event.error.message);
    case 'unlearned':
    case 'relearned':
      return words(`${event.kind} ${moved(event.classes)} in ${event.ms.toFixed(1)} ms`);
    case 'samples-unlearned': {
      if (event.classes.length === 0)
        return words('none of these samples was stored', 'Lethe will refuse them');
      const classes = event.classes.map((each) => `${each.name} (${each.removed}, ${each.remaining} remain)`);
      return words(`deleted samples of ${classes.join(', ')}`, 'Lethe rebuilds the model without them');
    }
    case 'erase-accepted':
      return words(`erasing ${moved(event.classes)}`, 'moved to DB-MU');
    case 'erased':
      return words(
        `erased ${counted(event.classes.map(({ name, vectors }) => [name, vectors]))}, ` +
          `${event.checkpoints} older models and ${event.deadLetters} dead letters; ` +
          `model ${event.modelVersion} has never seen them`,
        keptWords(event.topics),
      );
    case 'erasure-completed':
      return words(
        `every place was checked, and ${event.classes.join(', ')} is gone`,
        event.places.map(placeWords).join('; '),
      );
    case 'erase-failed':
      return words(`erasure of ${event.classes.join(', ')} failed`, event.error.message);
    case 'workers-gone':
      return words(
        'declared gone',
        event.workers
          .map(({ worker, folder, seenAt }) => `${worker}, ${folder}, last seen ${seenAt}`)
          .join('; '),
      );
    case 'filter-calibrated':
      return words(
        'filter calibrated',
        `specificity ${share(event.specificity)}, recall ${share(event.recall)}`,
      );
    case 'known-calibrated':
      return words('similarity of unknown inputs calibrated', `on ${event.vectors} vectors`);
    case 'commands-lost':
      return words(
        event.accepted ? 'loss of commands accepted' : 'commands lost',
        `offsets ${event.from} to ${event.to - 1}; see the runbook LetheRecordsLost`,
      );
    case 'store-brought-forward': {
      const lost = event.lostClasses.length > 0 ? `; lost: ${event.lostClasses.join(', ')}, learn again` : '';
      return words(
        `the store went back; ${event.carriedOut.length} commands carried out again`,
        `from version ${event.found} of the registry to ${event.known}${lost}`,
      );
    }
    case 'command-rejected':
      return words(`${event.command} refused`, event.error.message);
    case 'command-ignored':
      return words(`already carried out: ${event.command}`, 'nothing changed');
  }
}

/** An event in one line. */
export function eventLine(event: LetheEvent): string {
  const { what, more } = describeEvent(event);
  return more === '' ? what : `${what}; ${more}`;
}

const words = (what: string, more = ''): EventWords => ({ what, more });
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const share = (value: number | null): string =>
  value === null ? 'unknown' : `${(100 * value).toFixed(1)} %`;

function counted(vectors: readonly (readonly [name: string, vectors: number])[]): string {
  return vectors.map(([name, count]) => `${name} (${count} vectors)`).join(', ');
}

function moved(classes: readonly { readonly name: string; readonly moved: number }[]): string {
  return counted(classes.map((each) => [each.name, each.moved]));
}

function keptWords(topics: EventOf<'erased'>['topics']): string {
  const kept = topicPlaces(topics).filter(({ state }) => state !== 'done');
  return kept.length === 0 ? 'no topic keeps records of it' : kept.map(placeWords).join('; ');
}
