import type { ClassState } from '../../domain/classes.js';
import { describeEvent } from '../../domain/describeEvent.js';
import type { EventKind } from '../../domain/messages/event.js';
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

/** A text, as a sentence. */
export const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

export function milliseconds(ms: number): string {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(0)} s`;
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms >= 10 ? Math.round(ms) : ms.toFixed(1)} ms`;
}

/** What a state is called, and what it means. */
export const STATES: Readonly<Record<ClassState, { readonly sign: string; readonly meaning: string }>> = {
  learning: { sign: '◔', meaning: 'its samples arrive, or its task trains' },
  learned: { sign: '●', meaning: 'answers can name it' },
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
  waiting: 'Waits for training',
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
  if (told.of === 'event') {
    const { what, more } = describeEvent(told.event);
    return { what: sentence(what), more, tone: TONES[told.event.kind] ?? 'plain' };
  }
  const from = told.actor === null ? '' : `by ${told.actor}`;
  return { what: `Requested: ${told.kind} ${told.about}`, more: from, tone: 'plain' };
}

const TONES: Readonly<Partial<Record<EventKind, Line['tone']>>> = {
  'task-finished': 'good',
  relearned: 'good',
  unlearned: 'gone',
  'samples-unlearned': 'gone',
  'model-rebuilt': 'gone',
  erased: 'gone',
  'erasure-completed': 'gone',
  'task-failed': 'bad',
  'rebuild-failed': 'bad',
  'erase-failed': 'bad',
  'commands-lost': 'bad',
  'store-brought-forward': 'bad',
  'command-rejected': 'bad',
};
