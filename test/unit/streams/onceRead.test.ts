import { merge, Subject } from 'rxjs';
import { expect, it } from 'vitest';
import { onceRead } from '../../../src/streams/learning.js';

it('what is announced while what was left is read is not missed', async () => {
  const announced = new Subject<string>();
  let found: (tasks: string[]) => void = () => undefined;
  const reading = new Promise<string[]>((resolve) => {
    found = resolve;
  });
  const seen: string[] = [];
  const going = onceRead(reading, announced, (tasks, heard) => merge(tasks, heard)).subscribe((task) =>
    seen.push(task),
  );
  announced.next('announced meanwhile');
  found(['left']);
  await reading;
  announced.next('announced later');
  await Promise.resolve();
  expect(seen.toSorted()).toEqual(['announced later', 'announced meanwhile', 'left']);
  going.unsubscribe();
  expect(announced.observed).toBe(false);
});
