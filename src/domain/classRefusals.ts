import type { ClassRecord } from './classes.js';
import type { Refusal } from './classStates.js';
import { LetheError, type ReasonCode } from './errors.js';

/** The subject of a refusal: the class as it was named, and what the registry knows. */
interface Subject {
  readonly name: string;
  readonly record?: ClassRecord | undefined;
  /** Names of all known classes. */
  readonly known: readonly string[];
}

interface Wording {
  readonly code: ReasonCode;
  readonly message: (subject: Subject) => string;
  /** The remedy. A test follows it. */
  readonly remedy: string | ((subject: Subject) => string);
}

const LEARN_ANEW = 'Learn it again with a learn command and new samples.';
const stateOf = ({ record }: Subject): string => record?.state ?? 'not announced';

const WORDINGS: Readonly<Record<Refusal, Wording>> = {
  unknown: {
    code: 'unknown-class',
    message: ({ name }) => `class "${name}" was never learned`,
    remedy: ({ known }) => `Name one of the known classes: ${known.join(', ') || '(none yet)'}.`,
  },
  known: {
    code: 'class-known',
    message: (subject) =>
      `class "${subject.name}" is already ${stateOf(subject)} (task "${subject.record?.task}")`,
    remedy: 'Remove the class from the command; Lethe learns a class once.',
  },
  kept: {
    code: 'class-unlearned',
    message: ({ name }) => `class "${name}" was unlearned and its vectors are kept in DB-MU`,
    remedy: 'Send a relearn command: it restores the class from these vectors.',
  },
  'not rebuilt': {
    code: 'class-unlearned',
    message: ({ name }) => `class "${name}" was unlearned, but a model knows it, or will when its task ends`,
    remedy:
      'Wait until its task ends and a model without it exists (events `task-finished` or `task-failed`, then `model-rebuilt` or ' +
      '`model-revised`). Then send the command again under a new id. ' +
      'If no other class is learned, learn another one first.',
  },
  'unlearned already': {
    code: 'class-unlearned',
    message: ({ name }) => `class "${name}" is already unlearned`,
    remedy: 'Nothing to do: no answer names the class.',
  },
  'not unlearned': {
    code: 'class-not-learned',
    message: (subject) => `class "${subject.name}" is ${stateOf(subject)}, not unlearned`,
    remedy: 'You can relearn only unlearned classes.',
  },
  'nothing left': {
    code: 'class-not-learned',
    message: ({ name }) =>
      `class "${name}" was unlearned, and none of its vectors remains to relearn it from`,
    remedy: LEARN_ANEW,
  },
  'nothing left yet': {
    code: 'class-not-learned',
    message: ({ name }) =>
      `class "${name}" was unlearned, and none of its vectors remains to relearn it from`,
    remedy:
      'Wait until its task ends and a model without it exists (events `task-finished` or `task-failed`, then `model-rebuilt` or ' +
      '`model-revised`). Then learn it again with a learn command and new samples. If no other class is learned, learn another one first.',
  },
  'not to be erased': {
    code: 'class-not-learned',
    message: (subject) => `class "${subject.name}" is ${stateOf(subject)}, not unlearned`,
    remedy: 'Unlearn it first, or send the command with "now": true (`lethe erase --now`).',
  },
  erasing: {
    code: 'class-erasing',
    message: ({ name, record }) => `class "${name}" is being erased (command ${record?.erasing})`,
    remedy: 'Wait for its event `erased`. Then you can learn it again from new samples.',
  },
  erased: {
    code: 'class-erased',
    message: ({ name }) => `class "${name}" was erased: none of its vectors remains`,
    remedy: LEARN_ANEW,
  },
  'erased already': {
    code: 'class-erased',
    message: ({ name }) => `class "${name}" was already erased: none of its vectors remains`,
    remedy: 'Nothing to do: no answer names the class.',
  },
  'sample of known': {
    code: 'class-known',
    message: (subject) =>
      `class "${subject.name}" belongs to task "${subject.record?.task}", which is ${stateOf(subject)}`,
    remedy:
      'Lethe learns a class in one task. Send all its samples with that task, before the task is complete.',
  },
  'sample of unlearned': {
    code: 'class-unlearned',
    message: ({ name }) => `class "${name}" was unlearned; Lethe does not store its samples`,
    remedy:
      'To restore the class, send a relearn command, which needs no samples. If that says that none of its vectors remains, ' +
      'announce the class again with a learn command, then send the sample again.',
  },
  'sample of erased': {
    code: 'class-erased',
    message: ({ name }) => `class "${name}" was erased; Lethe does not store its samples`,
    remedy: 'To learn the class again, announce it first: send a learn command, then new samples.',
  },
};

/** The code of a refusal. */
export function codeOf(refusal: Refusal): ReasonCode {
  return WORDINGS[refusal].code;
}

/** The error that explains why a request is refused, with a remedy. */
export function classRefusal(refusal: Refusal, subject: Subject, field: string): LetheError {
  const { code, message, remedy } = WORDINGS[refusal];
  return new LetheError(code, message(subject), {
    field,
    value: subject.name,
    remedy: typeof remedy === 'string' ? remedy : remedy(subject),
  });
}
