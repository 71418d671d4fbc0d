import {
  type ClassRecord,
  type ClassState,
  FORGOTTEN,
  openClasses,
  type RegistrySnapshot,
} from './classes.js';

/**
 * The standing of a class: its state in the registry, together with what is stored of it. Commands are judged by this
 * alone. `absent`: nothing is known of it. `unannounced`: samples of it are stored, but no learn command has named
 * it. `learning`, `learned`: as in the registry. `unlearned`: forgotten; its vectors are stored, and the model knows
 * it. `rebuilt`: the same, but no model knows it. `emptied`: forgotten, without vectors; the model knows it, or the
 * model of an open task may. `gone`: forgotten, without vectors, and no model knows it or will. `erasing`: an erase
 * command was accepted and is not done. `erased`: only its name is left.
 */
export const STANDINGS = [
  'absent',
  'unannounced',
  'learning',
  'learned',
  'unlearned',
  'rebuilt',
  'emptied',
  'gone',
  'erasing',
  'erased',
] as const;
export type Standing = (typeof STANDINGS)[number];

/**
 * Requests of commands and samples. `sample` is a sample of the class's own task; while the class is learning,
 * samples of another task are refused.
 */
export const REQUESTS = ['sample', 'learn', 'unlearn', 'relearn', 'erase', 'erase now'] as const;
export type Request = (typeof REQUESTS)[number];

/**
 * Steps that happen to a class. `trained`: its task ended with a model that knows it. `failed`: its task ended
 * without one. `emptied`: the last of its samples was unlearned. `rebuilt`: a model that never saw it became current.
 * `purged`: an erasure deleted it.
 */
export const STEPS = ['trained', 'failed', 'emptied', 'rebuilt', 'purged'] as const;
export type Step = (typeof STEPS)[number];

/** Why a request is refused; `classRefusals.ts` has the texts. */
export const REFUSALS = [
  'unknown',
  'known',
  'kept',
  'not rebuilt',
  'unlearned already',
  'not unlearned',
  'nothing left',
  'nothing left yet',
  'not to be erased',
  'erasing',
  'erased',
  'erased already',
  'sample of known',
  'sample of unlearned',
  'sample of erased',
] as const;
export type Refusal = (typeof REFUSALS)[number];

/**
 * The next state. `absent`: the registry deletes the record. `erasing`: the record keeps its state and names the
 * command. `before`: the state before the task was announced. `stays`: no change.
 */
export type Next = ClassState | 'absent' | 'erasing' | 'before' | 'stays';

export type Outcome<N = Next> = { readonly to: N } | { readonly refused: Refusal };

const to = <N extends Next>(next: N) => ({ to: next });
const refused = (refusal: Refusal) => ({ refused: refusal });

/**
 * The state machine of a class: every request and every step, in every standing. Operators use it and contain no such
 * rules themselves; docs/states.md shows it, and a test compares the two.
 */
const TABLE = {
  sample: {
    absent: to('stays'),
    unannounced: to('stays'),
    learning: to('stays'),
    learned: refused('sample of known'),
    unlearned: refused('sample of unlearned'),
    rebuilt: refused('sample of unlearned'),
    emptied: refused('sample of unlearned'),
    gone: refused('sample of unlearned'),
    erasing: refused('sample of unlearned'),
    erased: refused('sample of erased'),
  },
  learn: {
    absent: to('learning'),
    unannounced: to('learning'),
    learning: refused('known'),
    learned: refused('known'),
    unlearned: refused('kept'),
    rebuilt: refused('kept'),
    emptied: refused('not rebuilt'),
    gone: to('learning'),
    erasing: refused('erasing'),
    erased: to('learning'),
  },
  unlearn: {
    absent: refused('unknown'),
    unannounced: to('unlearned'),
    learning: to('unlearned'),
    learned: to('unlearned'),
    unlearned: refused('unlearned already'),
    rebuilt: refused('unlearned already'),
    emptied: refused('unlearned already'),
    gone: refused('unlearned already'),
    erasing: refused('unlearned already'),
    erased: refused('erased already'),
  },
  relearn: {
    absent: refused('unknown'),
    unannounced: refused('unknown'),
    learning: refused('not unlearned'),
    learned: refused('not unlearned'),
    unlearned: to('learned'),
    rebuilt: to('learning'),
    emptied: refused('nothing left yet'),
    gone: refused('nothing left'),
    erasing: refused('erasing'),
    erased: refused('erased'),
  },
  erase: {
    absent: refused('unknown'),
    unannounced: refused('not to be erased'),
    learning: refused('not to be erased'),
    learned: refused('not to be erased'),
    unlearned: to('erasing'),
    rebuilt: to('erasing'),
    emptied: to('erasing'),
    gone: to('erasing'),
    erasing: refused('erasing'),
    erased: refused('erased already'),
  },
  'erase now': {
    absent: refused('unknown'),
    unannounced: to('erasing'),
    learning: to('erasing'),
    learned: to('erasing'),
    unlearned: to('erasing'),
    rebuilt: to('erasing'),
    emptied: to('erasing'),
    gone: to('erasing'),
    erasing: refused('erasing'),
    erased: refused('erased already'),
  },
  trained: {
    absent: to('stays'),
    unannounced: to('stays'),
    learning: to('learned'),
    learned: to('learned'),
    // The model that is current from now on has seen them.
    unlearned: to('unlearned'),
    rebuilt: to('unlearned'),
    emptied: to('unlearned'),
    gone: to('unlearned'),
    erasing: to('unlearned'),
    // Purged only while no open task names it: nothing trains it.
    erased: to('stays'),
  },
  failed: {
    absent: to('stays'),
    unannounced: to('stays'),
    learning: to('before'),
    learned: to('stays'),
    unlearned: to('stays'),
    rebuilt: to('stays'),
    emptied: to('stays'),
    gone: to('stays'),
    erasing: to('stays'),
    erased: to('stays'),
  },
  emptied: {
    absent: to('stays'),
    unannounced: to('absent'),
    learning: to('unlearned'),
    learned: to('unlearned'),
    unlearned: to('stays'),
    rebuilt: to('stays'),
    emptied: to('stays'),
    gone: to('stays'),
    erasing: to('stays'),
    erased: to('stays'),
  },
  rebuilt: {
    absent: to('stays'),
    unannounced: to('stays'),
    learning: to('stays'),
    learned: to('stays'),
    unlearned: to('rebuilt'),
    rebuilt: to('rebuilt'),
    emptied: to('rebuilt'),
    gone: to('rebuilt'),
    erasing: to('rebuilt'),
    erased: to('stays'),
  },
  purged: {
    absent: to('stays'),
    unannounced: to('stays'),
    learning: to('stays'),
    learned: to('stays'),
    unlearned: to('stays'),
    rebuilt: to('stays'),
    emptied: to('stays'),
    gone: to('stays'),
    erasing: to('erased'),
    erased: to('erased'),
  },
} as const satisfies { [M in Request]: Record<Standing, Outcome> } & {
  [M in Step]: Record<Standing, { readonly to: Next }>;
};

type Table = typeof TABLE;
/** The states that a request or a step may lead to. */
export type NextOf<M extends Request | Step> = Extract<Table[M][Standing], { readonly to: unknown }>['to'];

/** What becomes of a class that stands so. */
export function outcomeOf<R extends Request>(request: R, standing: Standing): Outcome<NextOf<R>> {
  return TABLE[request][standing] as Outcome<NextOf<R>>;
}

/** What a step makes of a class that stands so. */
export function nextOf<S extends Step, P extends Standing>(step: S, standing: P): Table[S][P]['to'] {
  return TABLE[step][standing].to;
}

/**
 * Where a class stands.
 * @param record what the registry says of it, if anything
 * @param vectors how many vectors of it are stored, in whichever database
 */
export function standingOf(
  record: ClassRecord | undefined,
  vectors: number,
  { model, tasks }: Pick<RegistrySnapshot, 'model' | 'tasks'>,
): Standing {
  if (!record) return vectors > 0 ? 'unannounced' : 'absent';
  const { state, erasing, name } = record;
  if (erasing !== undefined) return 'erasing';
  if (!FORGOTTEN.includes(state) || state === 'erased') return state;
  const isKnown = model?.classes.includes(name) ?? false;
  if (vectors > 0) return isKnown ? 'unlearned' : 'rebuilt';
  return isKnown || openClasses({ tasks }).has(name) ? 'emptied' : 'gone';
}
