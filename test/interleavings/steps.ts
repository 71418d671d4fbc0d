import fc from 'fast-check';
import type { Command } from '../../src/domain/messages/command.js';
import { type Checking, check, isOfUse } from './check.js';
import type { Model } from './model.js';

/** Classes, tasks and samples that interleavings are about. */
const NAMES = ['a', 'b', 'c'] as const;
const TASKS = ['t1', 't2', 't3', 't4', 't5'] as const;
const SAMPLES = [0, 1, 2, 3] as const;

/** Commands about classes. */
type Asked = Exclude<Command, { kind: 'declare-gone' }>;
type CommandBody = Asked extends infer C ? (C extends Asked ? Omit<C, 'id'> : never) : never;

/** One step of an interleaving. */
export type Step =
  | { readonly kind: 'command'; readonly body: CommandBody }
  | { readonly kind: 'samples'; readonly ids: readonly string[]; readonly task: string | null }
  | { readonly kind: 'release' | 'fail' | 'restart' }
  | { readonly kind: 'query'; readonly name: string };

const name = fc.constantFrom(...NAMES);
const names = fc.subarray([...NAMES], { minLength: 1, maxLength: 2 });
const idsOf = (each: string): fc.Arbitrary<string[]> =>
  fc.subarray([...SAMPLES], { minLength: 1 }).map((numbers) => numbers.map((number) => `${each}-${number}`));

const rarely = <T>(arbitrary: fc.Arbitrary<T>, often: number): fc.Arbitrary<T | null> =>
  fc.oneof({ weight: often, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
const commandStep = fc
  .oneof(
    {
      weight: 3,
      arbitrary: fc.tuple(fc.constantFrom(...TASKS), names, fc.integer({ min: 1, max: 2 })).map(
        ([task, classes, samples]): CommandBody => ({
          kind: 'learn',
          task,
          classes,
          samples: samples * classes.length,
        }),
      ),
    },
    { weight: 2, arbitrary: name.map((each): CommandBody => ({ kind: 'unlearn', classes: [each] })) },
    { weight: 2, arbitrary: name.chain(idsOf).map((samples): CommandBody => ({ kind: 'unlearn', samples })) },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(...SAMPLES)
        .map((number): CommandBody => ({ kind: 'unlearn', subject: `person ${number}` })),
    },
    { weight: 2, arbitrary: name.map((each): CommandBody => ({ kind: 'relearn', classes: [each] })) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(name, fc.boolean())
        .map(([each, now]): CommandBody => ({ kind: 'erase', classes: [each], now })),
    },
  )
  .map((body): Step => ({ kind: 'command', body }));

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: commandStep },
  {
    weight: 8,
    arbitrary: fc
      .tuple(name.chain(idsOf), rarely(fc.constantFrom(...TASKS), 4))
      .map(([ids, task]): Step => ({ kind: 'samples', ids, task })),
  },
  { weight: 9, arbitrary: fc.constant<Step>({ kind: 'release' }) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'fail' }) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'restart' }) },
  { weight: 3, arbitrary: name.map((each): Step => ({ kind: 'query', name: each })) },
);

/** A step, and after how many operations of the store or the log that follow it the process dies, if it does. */
/** Whether a command is sent also where it will be refused. */
const stubborn = rarely(fc.constant(true), 5);
const disturbed = fc.tuple(step, rarely(fc.integer({ min: 0, max: 30 }), 7), stubborn);

/** Steps as commands of fast-check, which finds the shortest sequence that still fails. */
export const STEPS: fc.Arbitrary<fc.AsyncCommand<Model, Checking>>[] = [
  disturbed.map(([each, crashAfter, isStubborn]) => ({
    check: (model: Readonly<Model>) => isStubborn === true || isOfUse(each, model),
    run: (model: Model, real: Checking) => check(each, crashAfter, model, real),
    toString: () => JSON.stringify(each) + (crashAfter === null ? '' : ` and dies after ${crashAfter}`),
  })),
];
