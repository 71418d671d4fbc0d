/**
 * What Lethe should know, as plainly as possible: maps and sets, and the rules of docs/states.md written a second time, from
 * the page and not from the code. It is told what was asked for, and what happened by itself, in the order of the events.
 */
export interface ModelClass {
  state: 'learning' | 'learned' | 'unlearned' | 'rebuilt' | 'erased';
  task: string;
  before?: ModelClass['state'];
  erasing?: string;
}

interface Stored {
  readonly className: string;
  readonly task: string;
  database: 'cil' | 'mu';
}

interface OpenTask {
  readonly classes: readonly string[];
  readonly samples: number;
  /** Samples that were refused, or unlearned since. */
  readonly refused: Set<string>;
}

/** What is trained at the moment. */
interface Begun {
  readonly classes: readonly string[];
  /** Classes of which samples were unlearned since. */
  readonly withdrawnSince: Set<string>;
}

const FORGOTTEN = ['unlearned', 'rebuilt', 'erased'];

export class Model {
  readonly classes = new Map<string, ModelClass>();
  readonly vectors = new Map<string, Stored>();
  readonly withdrawn = new Set<string>();
  readonly tasks = new Map<string, OpenTask>();
  readonly finished = new Set<string>();
  /** Refused samples of tasks that are not announced yet. */
  readonly refused = new Map<string, Set<string>>();
  /** Classes that the current model knows; null before the first. */
  known: readonly string[] | null = null;
  /** Of those, the ones that it knows with samples that were unlearned. */
  readonly dirty = new Set<string>();
  /** Classes that lost samples since they were announced. */
  readonly lost = new Set<string>();
  /** By name. */
  readonly begun = new Map<string, Begun>();
  /** Failed since anything else happened: it is not tried again by itself. */
  rebuildFailed = false;

  /** One that goes its own way from here. */
  copy(): Model {
    return Object.assign(new Model(), structuredClone({ ...this }));
  }

  stored(name: string, database?: 'cil' | 'mu'): string[] {
    return [...this.vectors]
      .filter(([, each]) => each.className === name && (!database || each.database === database))
      .map(([id]) => id)
      .sort();
  }

  isForgotten(name: string): boolean {
    return FORGOTTEN.includes(this.classes.get(name)?.state ?? '');
  }

  /** @returns the reason of the refusal, or null */
  learn(task: string, names: readonly string[], samples: number): string | null {
    for (const name of names) {
      const record = this.classes.get(name);
      if (!record) continue;
      if (record.erasing) return 'class-erasing';
      if (!this.isForgotten(name)) return 'class-known';
      if (record.state === 'erased') continue;
      if (this.stored(name).length > 0 || this.known?.includes(name)) return 'class-unlearned';
      if ([...this.tasks.values()].some(({ classes }) => classes.includes(name))) return 'class-unlearned';
    }
    if (this.isTaskKnown(task)) return 'duplicate-id';
    for (const name of names) {
      const earlier = this.classes.get(name);
      this.lost.delete(name);
      this.classes.set(name, { state: 'learning', task, ...(earlier && { before: earlier.state }) });
    }
    this.tasks.set(task, { classes: names, samples, refused: this.refused.get(task) ?? new Set() });
    return null;
  }

  sample(id: string, name: string, task: string): string | null {
    const refusal = this.refusalOf(id, name, task);
    if (refusal && !this.vectors.has(id)) this.refusedOf(task).add(id);
    if (refusal) return refusal;
    if (!this.vectors.has(id)) {
      this.vectors.set(id, { className: name, task, database: 'cil' });
      for (const open of [...this.tasks.values()]) open.refused.delete(id);
      for (const early of this.refused.values()) early.delete(id);
    }
    return null;
  }

  unlearn(name: string): string | null {
    const record = this.classes.get(name);
    if (!record && this.stored(name).length === 0) return 'unknown-class';
    if (record?.state === 'erased' && !record.erasing) return 'class-erased';
    if (record && this.isForgotten(name)) return 'class-unlearned';
    this.forget(name);
    return null;
  }

  relearn(name: string, command: string): string | null {
    const record = this.classes.get(name);
    if (!record) return 'unknown-class';
    if (record.erasing) return 'class-erasing';
    if (record.state === 'erased') return 'class-erased';
    if (!this.isForgotten(name) || this.stored(name).length === 0) return 'class-not-learned';
    this.move(name, 'cil');
    if (this.known?.includes(name)) {
      this.classes.set(name, { state: 'learned', task: record.task });
      return null;
    }
    const task = `relearn-${command}`;
    this.classes.set(name, { state: 'learning', task, before: record.state });
    this.tasks.set(task, { classes: [name], samples: 0, refused: new Set() });
    return null;
  }

  erase(name: string, command: string, now: boolean): string | null {
    const record = this.classes.get(name);
    if (record?.erasing) return 'class-erasing';
    if (record?.state === 'erased') return 'class-erased';
    const isThere = record !== undefined || this.stored(name).length > 0;
    if (!isThere) return 'unknown-class';
    if (!this.isForgotten(name)) {
      if (!now) return 'class-not-learned';
      this.forget(name);
    }
    (this.classes.get(name) as ModelClass).erasing = command;
    return null;
  }

  /** @returns how many vectors go, by class */
  withdraw(ids: readonly string[]): Map<string, number> {
    const counts = new Map<string, number>();
    for (const id of ids) {
      this.withdrawn.add(id);
      const stored = this.vectors.get(id);
      if (!stored) continue;
      const { className } = stored;
      this.vectors.delete(id);
      counts.set(className, (counts.get(className) ?? 0) + 1);
      const open = [...this.tasks.values()].filter(({ classes }) => classes.includes(className));
      for (const task of open) task.refused.add(id);
      if (this.known?.includes(className)) this.dirty.add(className);
      if (this.classes.has(className)) this.lost.add(className);
      for (const each of this.begun.values()) each.withdrawnSince.add(className);
    }
    for (const name of counts.keys()) {
      const record = this.classes.get(name);
      if (record?.state === 'learned' && this.stored(name).length === 0) record.state = 'unlearned';
    }
    return counts;
  }

  /**
   * A training, or a rebuild, has gathered its vectors: so many of each class. More than there are: it did so before some
   * were unlearned that are gone here already.
   */
  begin(name: string, counts: ReadonlyMap<string, number>): void {
    const classes = [...counts.keys()];
    const seen = classes.filter((each) => (counts.get(each) ?? 0) > this.stored(each).length);
    this.begun.set(name, { classes, withdrawnSince: new Set(seen) });
    if (name.startsWith('rebuild')) this.rebuildFailed = false;
    this.gathered(name, classes);
  }

  /** Classes that lost their last sample leave the task, but those that it found. */
  gathered(task: string, found: readonly string[] = []): void {
    for (const name of this.tasks.get(task)?.classes ?? []) {
      const record = this.classes.get(name);
      if (record?.task !== task || record.state !== 'learning' || found.includes(name)) continue;
      if (!this.lost.has(name) || this.stored(name).length > 0) continue;
      record.state = 'unlearned';
      delete record.before;
    }
  }

  /** A task ended well, whether it had a model to make or another task had learned its classes. */
  ended(task: string): void {
    this.finished.add(task);
    this.tasks.delete(task);
  }

  /** The model that a task made is current. */
  trained(task: string): void {
    if (this.finished.has(task)) return;
    this.ended(task);
    const begun = this.begun.get(task);
    if (!begun) return;
    const { classes, withdrawnSince } = begun;
    this.begun.delete(task);
    this.known = [...(this.known ?? []), ...classes];
    for (const name of classes) {
      if (withdrawnSince.has(name)) this.dirty.add(name);
      const record = this.classes.get(name) as ModelClass;
      const isLearned = record.state === 'learning' && this.stored(name).length > 0;
      const { erasing } = record;
      const state = isLearned ? 'learned' : 'unlearned';
      this.classes.set(name, { state, task, ...(erasing && { erasing }) });
    }
  }

  failed(task: string): void {
    const open = this.tasks.get(task);
    if (!open) return;
    this.tasks.delete(task);
    this.refused.delete(task);
    this.begun.delete(task);
    for (const name of open.classes) {
      const record = this.classes.get(name);
      if (record?.state !== 'learning' || record.task !== task) continue;
      const { before } = record;
      if (!before) {
        this.classes.delete(name);
        continue;
      }
      this.classes.set(name, { state: before, task });
      if (before === 'erased') this.purge(name);
      else this.move(name, 'mu');
    }
  }

  rebuilt(name: string): void {
    const begun = this.begun.get(name);
    if (!begun) return;
    const { classes, withdrawnSince } = begun;
    this.begun.delete(name);
    this.known = classes;
    this.dirty.clear();
    for (const name of withdrawnSince) if (classes.includes(name)) this.dirty.add(name);
    for (const [name, record] of this.classes)
      if (record.state === 'unlearned' && !classes.includes(name)) record.state = 'rebuilt';
  }

  erased(command: string): void {
    for (const [name, record] of this.classes) {
      if (record.erasing !== command) continue;
      this.classes.set(name, { state: 'erased', task: record.task });
      this.purge(name);
    }
  }

  gaveUp(command: string | null): void {
    this.rebuildFailed = true;
    for (const record of this.classes.values()) if (record.erasing === command) delete record.erasing;
  }

  /** Whether a model has to be made without something. */
  needsRebuild(): boolean {
    return (this.known ?? []).some((name) => {
      const record = this.classes.get(name);
      return record?.erasing !== undefined || (this.dirty.has(name) && record?.state !== 'learning');
    });
  }

  /** Tasks all of whose samples were dealt with. */
  complete(): string[] {
    return [...this.tasks].flatMap(([name, { classes, samples, refused }]) => {
      const stored = classes.reduce((sum, each) => sum + this.stored(each).length, 0);
      return stored + refused.size >= samples ? [name] : [];
    });
  }

  /** What nothing but an open task keeps from being purged. */
  erasable(): string[] {
    const open = [...this.tasks.values()].flatMap(({ classes }) => classes);
    return [...this.classes].flatMap(([name, { erasing }]) =>
      erasing && !open.includes(name) && !this.known?.includes(name) ? [name] : [],
    );
  }

  private refusalOf(id: string, name: string, task: string): string | null {
    const record = this.classes.get(name);
    if (record?.state === 'erased' && !record.erasing) return 'class-erased';
    if (record && this.isForgotten(name)) return 'class-unlearned';
    if (record && (record.state === 'learned' || record.task !== task)) return 'class-known';
    if (!record && this.isTaskKnown(task)) return 'unknown-class';
    if (this.withdrawn.has(id)) return 'sample-unlearned';
    const earlier = this.vectors.get(id);
    return earlier && (earlier.className !== name || earlier.task !== task) ? 'duplicate-id' : null;
  }

  private refusedOf(task: string): Set<string> {
    const open = this.tasks.get(task);
    if (open) return open.refused;
    const early = this.refused.get(task) ?? new Set();
    this.refused.set(task, early);
    return early;
  }

  private isTaskKnown(task: string): boolean {
    if (this.tasks.has(task) || this.finished.has(task)) return true;
    return [...this.classes].some(([name, record]) => record.task === task && !this.isForgotten(name));
  }

  private forget(name: string): void {
    const record = this.classes.get(name);
    const task = record?.task ?? this.vectors.get(this.stored(name)[0] as string)?.task ?? '';
    this.classes.set(name, { state: 'unlearned', task });
    this.move(name, 'mu');
  }

  private move(name: string, database: 'cil' | 'mu'): void {
    for (const id of this.stored(name)) (this.vectors.get(id) as Stored).database = database;
  }

  private purge(name: string): void {
    for (const id of this.stored(name)) this.vectors.delete(id);
  }
}
