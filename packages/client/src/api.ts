import type { EventKind, Example, LetheError, LetheEvent, Payload, Prediction } from './messages.js';

/** Events of some kinds. */
export type EventOf<K extends EventKind> = Extract<LetheEvent, { kind: K }>;
/** The command's id was already carried out: nothing was done again. */
export type Ignored = EventOf<'command-ignored'>;

/** A labelled input for training. */
export interface LabelledInput {
  readonly label: string;
  readonly payload: Payload;
  /** Unique for ever; drawn where it is left out. */
  readonly id?: string;
  /** Whom it is of or about: what it is unlearned by. */
  readonly subject?: string;
}

/** An input to be answered. */
export interface Question {
  readonly payload: Payload;
  /** Unique for ever; drawn where it is left out. */
  readonly id?: string;
  /** The true label, where it is known: it feeds the metrics of accuracy. */
  readonly truth?: string;
}

/** What is to be forgotten: one of these. */
export type Forgettable =
  | { readonly classes: readonly string[] }
  | { readonly examples: readonly Example[] }
  | { readonly samples: readonly string[] }
  | { readonly subject: string };

export interface WaitOptions {
  /** How long to wait for the outcome, in milliseconds. */
  readonly timeoutMs?: number;
  /** Ends the waiting with its reason; what was sent stands. */
  readonly signal?: AbortSignal;
}
export interface CommandOptions extends WaitOptions {
  /** How long to wait while nothing is heard of the command, or of what goes before it, in milliseconds. */
  readonly silenceMs?: number;
  /** A command is carried out once, however often its id is sent; drawn where it is left out. */
  readonly id?: string;
}

/**
 * Gives work to a running Lethe and waits for what comes of it. What is refused, fails or takes too long is a
 * {@link LetheError}: with the code of the dead letter or event, `timed-out`, or `unreachable`.
 */
export interface LetheClient {
  /** Learns a task: announces it, sends its samples, and resolves when the model that knows its classes is trained. */
  learn(
    task: string,
    samples: readonly LabelledInput[],
    options?: CommandOptions,
  ): Promise<EventOf<'task-finished'> | Ignored>;
  /** Sends samples of a task that was announced elsewhere; resolves when all are in the log. */
  send(task: string, samples: Iterable<LabelledInput> | AsyncIterable<LabelledInput>): Promise<void>;
  /** Forgets classes or samples: no query that is sent after this resolves is answered with such a class. */
  unlearn(
    what: Forgettable,
    options?: CommandOptions,
  ): Promise<EventOf<'unlearned' | 'samples-unlearned'> | Ignored>;
  /** Brings unlearned classes back. */
  relearn(classes: readonly string[], options?: CommandOptions): Promise<EventOf<'relearned'> | Ignored>;
  /** Erases classes for good; `now` unlearns those that are not unlearned yet. */
  erase(
    classes: readonly string[],
    options?: CommandOptions & { readonly now?: boolean },
  ): Promise<EventOf<'erased'> | Ignored>;
  /** Resolves with the answer to one query. */
  ask(question: Question, options?: WaitOptions): Promise<Prediction>;
  /**
   * Answers in the order in which they come, `concurrency` questions at a time; `error` says why a question got none. They are
   * asked while they are iterated over.
   */
  askAll(
    questions: Iterable<Question> | AsyncIterable<Question>,
    options?: WaitOptions & { readonly concurrency?: number },
  ): AsyncIterable<Answer>;
  /** All predictions from the beginning of the iteration on, whoever asked. */
  predictions(): AsyncIterable<Prediction>;
  /** All events from the beginning of the iteration on. */
  events(): AsyncIterable<LetheEvent>;
  /** Whoever still waits gets an error. */
  close(): Promise<void>;
}

/** What became of a question. */
export type Answer =
  | { readonly id: string; readonly prediction: Prediction }
  | { readonly id: string; readonly error: LetheError };
