import type { FeedMessage, Happening, StateMessage } from './messages.js';

/** A message with its place in the feed; states have none. */
export interface Numbered {
  readonly id: string | null;
  readonly message: FeedMessage;
}

/** How many happenings of each kind are kept. */
export type Kept = Readonly<Record<Happening['kind'], number>>;

/**
 * What a new or returning page receives: the newest state of each kind, and the last messages of each kind. Ids
 * belong to this memory: those of another process, or from before a `clear`, are unknown.
 */
export class FeedMemory {
  readonly #states = new Map<StateMessage['kind'], StateMessage>();
  readonly #happenings: Readonly<Record<Happening['kind'], { number: number; message: Happening }[]>> = {
    answer: [],
    told: [],
  };
  #life = crypto.randomUUID();
  #number = 0;

  constructor(private readonly kept: Kept) {}

  note(message: StateMessage | Happening): Numbered {
    if (message.kind !== 'answer' && message.kind !== 'told') {
      this.#states.set(message.kind, message);
      return { id: null, message };
    }
    const ring = this.#happenings[message.kind];
    ring.push({ number: ++this.#number, message });
    if (ring.length > this.kept[message.kind]) ring.shift();
    if (message.kind === 'told' && message.data.of === 'event') {
      const { event } = message.data;
      if (event.kind === 'unlearned' || event.kind === 'erase-accepted')
        this.#forgetPictures(new Set(event.classes.map(({ name }) => name)));
    }
    return { id: this.#idOf(this.#number), message };
  }

  /** The messages for a page that has seen everything up to one message; all of them if it names none. */
  since(lastId: string | undefined): Numbered[] {
    const seen = this.#numberOf(lastId);
    const later = Object.values(this.#happenings)
      .flat()
      .filter(({ number }) => number > seen)
      .sort((a, b) => a.number - b.number);
    const missed = lastId === undefined ? 0 : this.#number - seen - later.length;
    return [
      ...[...this.#states.values()].map((message) => ({ id: null, message })),
      ...(missed > 0 ? [{ id: null, message: { kind: 'missed', data: { count: missed } } } as const] : []),
      ...later.map(({ number, message }) => ({ id: this.#idOf(number), message })),
    ];
  }

  /** Forgets everything, pictures before all. */
  clear(): void {
    this.#states.clear();
    for (const ring of Object.values(this.#happenings)) ring.length = 0;
    this.#life = crypto.randomUUID();
    this.#number = 0;
  }

  /** Of a forgotten class no picture stays that was answered with it, or said to be of it. */
  #forgetPictures(classes: ReadonlySet<string>): void {
    const answers = this.#happenings.answer;
    answers.forEach(({ number, message }, index) => {
      if (message.kind !== 'answer') return;
      const { data } = message;
      if (!classes.has(data.label ?? '') && !classes.has(data.truth ?? '')) return;
      answers[index] = { number, message: { kind: 'answer', data: { ...data, image: null } } };
    });
  }

  #idOf(number: number): string {
    return `${this.#life}/${number}`;
  }

  #numberOf(id: string | undefined): number {
    const [life, number] = id?.split('/') ?? [];
    return life === this.#life && /^\d+$/.test(number ?? '') ? Number(number) : 0;
  }
}
