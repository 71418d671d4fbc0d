import type { DatabaseName } from '../../src/adapters/vectorDatabase.js';
import type { Command } from '../../src/domain/messages/command.js';
import { around } from '../support/processing.js';

export const DIMENSION = 1280;
const SPACING = 100;
export const CLASSES: readonly string[] = [...'abcdefghijkl'];

/** A vector of the class, the same for the same index; vectors of two classes are nearly orthogonal. */
export function vectorOf(name: string, index: number): Float32Array {
  const axis = SPACING * CLASSES.indexOf(name);
  return around(axis, index, DIMENSION);
}

/** A command, the classes it touches, and the fault that strikes the learner while it is carried out. */
export interface Step {
  readonly command: Command;
  readonly classes: readonly string[];
  readonly struck: 'in mid-epoch' | 'in mid-move' | undefined;
}

type Struck = Step['struck'];

const learn = (task: string, names: string, samplesPerClass: number, struck?: Struck): Step => {
  const classes = [...names];
  const samples = classes.length * samplesPerClass;
  return { command: { id: `learn-${task}`, kind: 'learn', task, classes, samples }, classes, struck };
};
const unlearn = (id: string, names: string, struck?: Struck): Step => {
  const classes = [...names];
  return { command: { id, kind: 'unlearn', classes }, classes, struck };
};
const unlearnByExamples = (id: string, name: string, struck?: Struck): Step => {
  const examples = [1, 2, 3].map((index) => ({ vector: [...vectorOf(name, index)] }));
  return { command: { id, kind: 'unlearn', examples }, classes: [name], struck };
};
const relearn = (id: string, names: string, struck?: Struck): Step => {
  const classes = [...names];
  return { command: { id, kind: 'relearn', classes }, classes, struck };
};

/** The commands in their order. A part of them from the beginning makes sense, too. */
export function script(samplesPerClass: number): readonly Step[] {
  return [
    learn('t1', 'abcd', samplesPerClass, 'in mid-epoch'),
    unlearn('u1', 'a', 'in mid-move'),
    unlearnByExamples('u2', 'b'),
    learn('t2', 'efg', samplesPerClass, 'in mid-epoch'),
    relearn('r1', 'a', 'in mid-move'),
    unlearn('u3', 'cd'),
    unlearn('u4', 'e', 'in mid-move'),
    learn('t3', 'hij', samplesPerClass, 'in mid-epoch'),
    relearn('r2', 'b'),
    unlearnByExamples('u5', 'h', 'in mid-move'),
    relearn('r3', 'c', 'in mid-move'),
    unlearn('u6', 'a'),
    learn('t4', 'kl', samplesPerClass, 'in mid-epoch'),
    relearn('r4', 'e', 'in mid-move'),
    unlearn('u7', 'k', 'in mid-move'),
    relearn('r5', 'h'),
    relearn('r6', 'a', 'in mid-move'),
    unlearn('u8', 'fg', 'in mid-move'),
    relearn('r7', 'k'),
    unlearn('u9', 'i', 'in mid-move'),
  ];
}

/** The steps that have to be over before this one: those before it that touch its classes, and for a task the task before. */
export function needs(steps: readonly Step[], index: number): Step[] {
  const step = steps[index];
  return steps
    .slice(0, index)
    .filter(
      ({ command, classes }) =>
        (command.kind === 'learn' && step?.command.kind === 'learn') ||
        classes.some((name) => step?.classes.includes(name)),
    );
}

/** In which database each class lies when all steps are over. */
export function databases(steps: readonly Step[]): Map<string, DatabaseName> {
  const lie = new Map<string, DatabaseName>();
  for (const { command, classes } of steps)
    for (const name of classes) lie.set(name, command.kind === 'unlearn' ? 'mu' : 'cil');
  return lie;
}
