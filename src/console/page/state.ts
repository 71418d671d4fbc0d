import type { Answer, FeedMessage, Knowledge, Rate, Told, Training, VectorMap } from '../messages.js';

/** How the page stands to its Lethe. */
export type Connection =
  | { readonly is: 'connecting' | 'live' | 'away' }
  | {
      readonly is: 'refused';
      readonly tokenNeeded: boolean;
      readonly message: string;
      readonly remedy: string;
    };

/** An order on its way: asked for, not told of yet. */
export interface Order {
  readonly id: string | null;
  readonly kind: 'unlearn' | 'relearn';
  readonly name: string;
}

/** What the page shows. */
export interface State {
  readonly connection: Connection;
  readonly knowledge: Knowledge | null;
  readonly map: VectorMap | null;
  readonly rate: Rate | null;
  readonly training: Training | null;
  /** Newest first. */
  readonly answers: readonly Answer[];
  readonly told: readonly Told[];
  readonly missed: number;
  /** While it is set, the list of answers stands still. */
  readonly held: readonly Answer[] | null;
  readonly order: Order | null;
  /** Announced to screen readers. */
  readonly notice: { readonly text: string; readonly bad: boolean } | null;
}

export const INITIAL: State = {
  connection: { is: 'connecting' },
  knowledge: null,
  map: null,
  rate: null,
  training: null,
  answers: [],
  told: [],
  missed: 0,
  held: null,
  order: null,
  notice: null,
};

export type Action =
  | FeedMessage
  | { readonly kind: 'connection'; readonly data: Connection }
  | { readonly kind: 'hold'; readonly data: boolean }
  | { readonly kind: 'ordered'; readonly data: Order }
  | { readonly kind: 'order-failed'; readonly data: string }
  | { readonly kind: 'notice-read' };

/** As many as a person looks at. */
const ANSWERS = 40;
const TOLD = 200;

export function reduce(state: State, action: Action): State {
  switch (action.kind) {
    case 'connection':
      return { ...state, connection: action.data };
    case 'knowledge':
      return { ...state, knowledge: action.data };
    case 'map':
      return { ...state, map: action.data };
    case 'rate':
      return { ...state, rate: action.data };
    case 'training':
      return { ...state, training: action.data };
    case 'answer':
      return { ...state, answers: newestFirst(state.answers, action.data, ANSWERS) };
    case 'told':
      return told(state, action.data);
    case 'missed':
      return { ...state, missed: state.missed + action.data.count };
    case 'hold':
      return { ...state, held: action.data ? state.answers : null };
    case 'ordered': {
      const ordered = { ...state, order: action.data, notice: { text: asked(action.data), bad: false } };
      // What came of it may be told before the answer to the request is here.
      return state.told.reduce(settled, ordered);
    }
    case 'notice-read':
      return { ...state, notice: null };
    case 'order-failed':
      return { ...state, order: null, notice: { text: action.data, bad: true } };
  }
}

function newestFirst(answers: readonly Answer[], answer: Answer, limit: number): readonly Answer[] {
  return answers.some(({ id }) => id === answer.id) ? answers : [answer, ...answers].slice(0, limit);
}

/** Handles lines that a restarted feed repeats. */
function told(state: State, line: Told): State {
  const key = JSON.stringify(line);
  if (state.told.some((each) => each.at === line.at && JSON.stringify(each) === key)) return state;
  const lines = [line, ...state.told].sort((a, b) => b.at - a.at).slice(0, TOLD);
  const next = { ...state, told: lines };
  if (line.of !== 'event') return next;
  const { event } = line;
  const forgotten = event.kind === 'unlearned' || event.kind === 'erase-accepted';
  const seen = forgotten ? withoutPictures(next, new Set(event.classes.map(({ name }) => name))) : next;
  return settled(seen, line);
}

/** The state after a line that may contain the result of the pending order. */
function settled(state: State, line: Told): State {
  const { order } = state;
  if (!order || line.of !== 'event') return state;
  const { event } = line;
  if (!('commandId' in event) || event.commandId !== order.id) return state;
  if (event.kind === 'command-rejected')
    return { ...state, order: null, notice: { text: `Refused: ${event.error.message}`, bad: true } };
  return { ...state, order: null, notice: { text: done(order), bad: false } };
}

/** Of a forgotten class no picture stays that was answered with it, or said to be of it. */
function withoutPictures(state: State, classes: ReadonlySet<string>): State {
  const cleared = (answers: readonly Answer[]): readonly Answer[] =>
    answers.map((answer) =>
      classes.has(answer.label ?? '') || classes.has(answer.truth ?? '')
        ? { ...answer, image: null }
        : answer,
    );
  return { ...state, answers: cleared(state.answers), held: state.held && cleared(state.held) };
}

function asked({ kind, name }: Order): string {
  return kind === 'unlearn' ? `Unlearning ${name} …` : `Relearning ${name} …`;
}

function done({ kind, name }: Order): string {
  return kind === 'unlearn'
    ? `${name} is unlearned: its vectors are in DB-MU, and no answer names it.`
    : `${name} is learned again: its vectors are back in DB-CIL.`;
}
