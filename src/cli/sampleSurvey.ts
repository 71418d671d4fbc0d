import type { FoundInput, InputItem, UnusableInput } from '../data/inputItem.js';
import { LetheError, toLetheError } from '../domain/errors.js';
import { normalForm } from '../domain/normalForm.js';
import type { Topics } from '../domain/topics.js';
import { type SampleSettings, sampleRecord } from './inputs.js';

/** Something that was given and did not become a sample. */
export interface Problem {
  readonly place: string;
  readonly error: LetheError;
}

/** The samples of a class. */
export interface ClassSurvey {
  readonly name: string;
  /** Valid samples: the place of each, by its id. */
  readonly places: Map<string, string>;
  /** Invalid samples. */
  readonly skipped: Problem[];
}

/** What can be learned, before the announcement. */
export interface SampleSurvey {
  readonly classes: ReadonlyMap<string, ClassSurvey>;
  /** Invalid inputs that belong to no class. */
  readonly loose: readonly Problem[];
}

/** Problems that an error names; all are in its evidence. */
const NAMED = 5;

/**
 * Reads everything once, as it will be sent.
 * @throws LetheError, with the faults, if an input has no label, a line is no input, or a class has no valid sample
 */
export async function surveyOf(
  inputs: AsyncIterable<FoundInput>,
  settings: SampleSettings,
  topics: Topics,
): Promise<SampleSurvey> {
  const classes = new Map<string, ClassSurvey>();
  const owners = new Map<string, string>();
  const [loose, lines]: [Problem[], Problem[]] = [[], []];
  const classOf = (name: string): ClassSurvey => {
    const known = classes.get(name) ?? { name, places: new Map(), skipped: [] };
    classes.set(name, known);
    return known;
  };
  const skip = ({ kind, label = settings.label, ...problem }: UnusableInput): void => {
    if (kind === 'line') lines.push(problem);
    else if (label === undefined) loose.push(problem);
    else classOf(normalForm(label)).skipped.push(problem);
  };
  const take = (item: InputItem): void => {
    const { id, label } = sampleRecord(item, settings, topics);
    const owner = owners.get(id);
    if (owner !== undefined) throw sameId(item.place, owner, id);
    owners.set(id, item.place);
    classOf(label).places.set(id, item.place);
  };
  for await (const found of inputs) {
    if ('unusable' in found) skip(found.unusable);
    else if ((found.item.label ?? settings.label) === undefined) take(found.item);
    else attempt(found.item, take, skip);
  }
  refuse(lines, 'some lines are not valid inputs');
  for (const { name, places, skipped } of classes.values())
    if (places.size === 0) refuse(skipped, `no sample of class ${name} can be sent`);
  if (classes.size === 0) refuse(loose, 'no sample can be sent');
  return { classes, loose };
}

function attempt(
  item: InputItem,
  take: (item: InputItem) => void,
  skip: (unusable: UnusableInput) => void,
): void {
  try {
    take(item);
  } catch (cause) {
    const { place, kind, label } = item;
    const error = toLetheError(cause, 'invalid-message');
    skip({ place, kind, error, ...(label !== undefined && { label }) });
  }
}

function refuse(problems: readonly Problem[], what: string): void {
  const [first] = problems;
  if (first === undefined) return;
  const named = problems.slice(0, NAMED).map(({ error }) => error.message);
  const more = problems.length > NAMED ? ` and ${problems.length - NAMED} more` : '';
  throw new LetheError(
    first.error.code,
    `${what}, so the task was not announced: ${named.join('; ')}${more}`,
    {
      field: first.error.field,
      value: first.error.value,
      remedy: first.error.remedy,
      evidence: { problems: problems.map(shownProblem) },
    },
  );
}

/** A problem for `--json`. */
export function shownProblem({ place, error }: Problem) {
  return { place, code: error.code, message: error.message };
}

function sameId(place: string, owner: string, id: string): LetheError {
  return new LetheError('duplicate-id', `${place} has the id of ${owner}`, {
    field: 'id',
    value: id,
    remedy: 'Give each sample its own id, or none.',
  });
}
