import type { ClassState } from '../../domain/classes.js';
import type { LetheEvent } from '../../domain/messages/event.js';
import type { Answer, Told, Training } from '../messages.js';

const number = new Intl.NumberFormat('en');
const clock = new Intl.DateTimeFormat('en', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hour12: false,
});

export const count = (n: number): string => number.format(n);
export const timeOf = (at: number): string => clock.format(at);
export const percent = (share: number): string => `${(100 * share).toFixed(share > 0.9995 ? 0 : 1)} %`;

/** What an error says, as a sentence. */
export const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

export function milliseconds(ms: number): string {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(0)} s`;
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms >= 10 ? Math.round(ms) : ms.toFixed(1)} ms`;
}

/** What a state is called, and what it means. */
export const STATES: Readonly<Record<ClassState, { readonly sign: string; readonly meaning: string }>> = {
  learning: { sign: '◔', meaning: 'its samples arrive, or its task trains' },
  learned: { sign: '●', meaning: 'answered with' },
  unlearned: { sign: '○', meaning: 'no answer names it; its vectors are in DB-MU' },
  rebuilt: { sign: '◌', meaning: 'the model was made without it; its vectors are in DB-MU' },
  erased: { sign: '✕', meaning: 'its vectors and the models that knew it are gone' },
};

/** Who answered. */
export function routeText({ route, evidence }: Pick<Answer, 'route' | 'evidence'>): string {
  if (route === 'model') return 'model';
  if (route === 'unknown') return 'unknown';
  const why = evidence.filtered ? 'filter' : 'guard';
  if (route === 'abstained') return `${why} → no answer`;
  return `${why} → ${route.slice('strategy:'.length)}`;
}

export const TRAINING_STAGES: Readonly<Record<Training['stage'], string>> = {
  arriving: 'Samples arrive',
  waiting: 'Waits for its turn',
  training: 'Trains',
  finished: 'Finished',
  failed: 'Failed',
};

/** A line of the timeline: what, and more of it. */
export interface Line {
  readonly what: string;
  readonly more: string;
  readonly tone: 'plain' | 'good' | 'gone' | 'bad';
}

export function lineOf(told: Told): Line {
  if (told.of === 'event') return eventLine(told.event);
  const from = told.actor === null ? '' : `by ${told.actor}`;
  return { what: `Asked: ${told.kind} ${told.about}`, more: from, tone: 'plain' };
}

type Named = readonly { readonly name: string }[];
const names = (classes: Named): string => classes.map(({ name }) => name).join(', ');
const sum = (values: readonly number[]): string => count(values.reduce((total, value) => total + value, 0));

function eventLine(event: LetheEvent): Line {
  switch (event.kind) {
    case 'task-announced':
      return plain(
        `Task ${event.task} announced`,
        `${event.classes.join(', ')}; ${count(event.samples)} samples`,
      );
    case 'task-embedded':
      return plain(
        `Task ${event.task} embedded`,
        `${count(event.samples)} vectors in ${milliseconds(event.ms)}`,
      );
    case 'task-started':
      return plain(`Task ${event.task} trains`, event.classes.join(', '));
    case 'task-epoch':
      return plain(`Task ${event.task}, epoch ${event.epoch}`, `loss ${event.loss.toPrecision(3)}`);
    case 'task-finished':
      return { what: `Task ${event.task} learned`, more: `in ${milliseconds(event.ms)}`, tone: 'good' };
    case 'task-failed':
      return bad(`Task ${event.task} failed`, event.error.message);
    case 'model-published':
      return plain('Model published', `${event.model.version}, ${event.model.classes.length} classes`);
    case 'unlearned':
      return gone(`Unlearned: ${names(event.classes)}`, moved(event, 'DB-MU'));
    case 'relearned':
      return { what: `Relearned: ${names(event.classes)}`, more: moved(event, 'DB-CIL'), tone: 'good' };
    case 'samples-unlearned':
      return gone(
        `Samples unlearned of ${names(event.classes)}`,
        `${sum(event.classes.map(({ removed }) => removed))} vectors in ${milliseconds(event.ms)}`,
      );
    case 'commands-lost':
      return bad(
        event.accepted ? 'Loss of commands accepted' : 'Commands lost',
        `offsets ${event.from} to ${event.to - 1}; see the runbook LetheRecordsLost`,
      );
    case 'store-brought-forward':
      return bad(
        `Redis had gone back; ${count(event.carriedOut.length)} commands carried out again`,
        event.lostClasses.length > 0
          ? `lost: ${event.lostClasses.join(', ')}; learn them again`
          : `from version ${event.found} to ${event.registryVersion} of the registry`,
      );
    case 'rebuild-failed':
      return bad('Rebuild failed', event.error.message);
    case 'erase-accepted':
      return plain(`Erasing: ${names(event.classes)}`, moved(event, 'DB-MU'));
    case 'model-rebuilt':
      return gone(
        `Model rebuilt without ${event.without.join(', ') || 'samples'}`,
        `in ${milliseconds(event.ms)}`,
      );
    case 'model-revised':
      return plain('Model revised', `${event.how}, in ${milliseconds(event.ms)}`);
    case 'erased':
      return gone(
        `Erased: ${names(event.classes)}`,
        `${sum(event.classes.map(({ vectors }) => vectors))} vectors and ${event.checkpoints} models deleted`,
      );
    case 'erasure-completed':
      return gone(
        `Erasure complete: ${event.classes.join(', ')}`,
        `${count(event.places.length)} places looked at`,
      );
    case 'workers-gone':
      return plain(
        `Declared gone: ${event.workers.map(({ worker }) => worker).join(', ')}`,
        'no erasure waits for them',
      );
    case 'erase-failed':
      return bad(`Not erased: ${event.classes.join(', ')}`, event.error.message);
    case 'filter-calibrated':
      return plain(
        'Filter calibrated',
        `specificity ${share(event.specificity)}, recall ${share(event.recall)}`,
      );
    case 'known-calibrated':
      return plain('Unknown calibrated', `on ${count(event.vectors)} vectors`);
    case 'command-rejected':
      return bad(`Refused: ${event.command}`, event.error.message);
    case 'command-ignored':
      return plain(`Ignored: ${event.command}`, 'it was carried out before');
  }
}

function moved(
  { classes, ms }: { readonly classes: readonly { readonly moved: number }[]; readonly ms: number },
  to: string,
): string {
  return `${sum(classes.map((each) => each.moved))} vectors to ${to} in ${milliseconds(ms)}`;
}

const share = (value: number | null): string => (value === null ? 'unknown' : percent(value));
const plain = (what: string, more: string): Line => ({ what, more, tone: 'plain' });
const gone = (what: string, more: string): Line => ({ what, more, tone: 'gone' });
const bad = (what: string, more: string): Line => ({ what, more, tone: 'bad' });
