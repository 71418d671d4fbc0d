/** Topics of which every record needs an outcome. */
export const ASKED_ROLES = ['samples', 'commands', 'queries'] as const;
export type AskedRole = (typeof ASKED_ROLES)[number];

/** A record that was written and needs an outcome. */
export interface Asked {
  readonly role: AskedRole;
  readonly place: string;
  /** How it was damaged, or that it was good; `unknown` where the sender never heard that it was written. */
  readonly kind: string;
  readonly id: string | undefined;
}

/** What is wrong with a record's outcome. */
export interface Finding extends Asked {
  readonly problem: string;
}

/** Everything that may be an outcome. */
export interface Came {
  /** Ids of samples in the databases. */
  readonly stored: ReadonlySet<string>;
  /** How many answers there are, by the id of the query. */
  readonly answers: ReadonlyMap<string, number>;
  /** How many events end a command, by its id. */
  readonly ends: ReadonlyMap<string, number>;
  /** Places of refused records, one for each dead letter. */
  readonly letters: readonly Letter[];
}

/** A dead letter: where it lies, and which record it refuses. */
export interface Letter {
  readonly at: string;
  readonly of: string;
  readonly reason: string;
}

/** How often each of the keys occurs. */
export function counted(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

/** Outcomes of records: how often each, by topic and kind of the record. */
type Outcomes = Map<string, Map<string, number>>;

/**
 * Whether each record has one outcome: a dead letter, or else what it asked for. An answer and an event name an id only; so
 * of several records with one id as many must have come as were not refused.
 */
export function judged(
  asked: readonly Asked[],
  came: Came,
): { readonly findings: Finding[]; readonly outcomes: Outcomes } {
  const outcomes: Outcomes = new Map();
  const findings: Finding[] = [];
  const letters = byRefused(came.letters);
  for (const each of asked) {
    const refused = letters.get(each.place) ?? [];
    if (refused.length > 0) note(outcomes, each, refused.at(-1)?.reason ?? '');
    const problem = problemOf(each, refused);
    if (problem !== undefined) findings.push({ ...each, problem });
  }
  for (const same of ofOneId(asked)) {
    const accepted = same.filter(({ place }) => !letters.has(place));
    const [named] = accepted.length > 0 ? accepted : same;
    if (named?.id === undefined) continue;
    const count = outcomesOf(named.role, named.id, accepted, came);
    for (const each of accepted) note(outcomes, each, count > 0 ? 'done' : 'nothing');
    const problem = difference(count, accepted.length);
    if (problem !== undefined) findings.push({ ...named, problem });
  }
  return { findings, outcomes };
}

function difference(came: number, wanted: number): string | undefined {
  if (came === wanted) return undefined;
  return `${came < wanted ? 'no outcome' : 'too many'}: ${came} of ${wanted} of this id`;
}

/** What is wrong already with the record's dead letters. */
function problemOf({ id }: Asked, letters: readonly Letter[]): string | undefined {
  if (letters.length > 1) {
    const places = letters.map(({ at, reason }) => `${at} (${reason})`);
    return `too many: ${letters.length} dead letters, ${places.join(', ')}`;
  }
  return letters.length === 0 && id === undefined ? 'no outcome: no id, and no dead letter' : undefined;
}

function byRefused(letters: readonly Letter[]): Map<string, Letter[]> {
  const found = new Map<string, Letter[]>();
  for (const letter of letters) {
    const same = found.get(letter.of);
    if (same) same.push(letter);
    else found.set(letter.of, [letter]);
  }
  return found;
}

function note(outcomes: Outcomes, { role, kind }: Asked, outcome: string): void {
  const row = outcomes.get(`${role}: ${kind}`) ?? new Map<string, number>();
  row.set(outcome, (row.get(outcome) ?? 0) + 1);
  outcomes.set(`${role}: ${kind}`, row);
}

/** Records of one topic with one id, together. */
function ofOneId(asked: readonly Asked[]): Iterable<readonly Asked[]> {
  const byId = new Map<string, Asked[]>();
  for (const each of asked) {
    if (each.id === undefined) continue;
    const key = `${each.role} ${each.id}`;
    const same = byId.get(key);
    if (same) same.push(each);
    else byId.set(key, [each]);
  }
  return byId.values();
}

/** How many outcomes there are of the records with this id that were not refused. */
function outcomesOf(role: AskedRole, id: string, accepted: readonly Asked[], came: Came): number {
  // A sample that comes again is stored already.
  if (role === 'samples') return came.stored.has(id) ? accepted.length : 0;
  if (role === 'queries') return came.answers.get(id) ?? 0;
  return came.ends.get(id) ?? 0;
}
