import { TestScheduler } from 'rxjs/testing';
import { expect } from 'vitest';

type RunHelpers = Parameters<Parameters<TestScheduler['run']>[0]>[0];

/** Runs a marble test: time is a string, nothing sleeps. */
export function marbles(test: (helpers: RunHelpers) => void): () => void {
  return () => new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(test);
}
