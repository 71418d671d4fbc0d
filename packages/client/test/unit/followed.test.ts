import type { LogRecord } from 'lethe/internal/domain/record.js';
import { topicsUnder } from 'lethe/internal/domain/topics.js';
import { firstValueFrom, Observable, ReplaySubject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Followed } from '../../src/followed.js';

/** A door whose topics open when they are let, and that counts who follows. */
function slowDoor() {
  const opening = new ReplaySubject<void>(1);
  let following = 0;
  let opened = 0;
  const records = new Observable<LogRecord>(() => {
    following++;
    opened++;
    return () => following--;
  });
  return {
    open: () => opening.next(),
    following: () => following,
    opened: () => opened,
    door: {
      topics: topicsUnder(''),
      publish: async () => undefined,
      tail: async () => {
        await firstValueFrom(opening);
        return records;
      },
    },
  };
}

describe('topics that a client follows', () => {
  it('fail for whoever waits, where the client is closed while they are opened', async () => {
    const { door, open, following, opened } = slowDoor();
    const followed = new Followed(door);
    const waiting = firstValueFrom(followed.from('events'));
    const closing = followed.close();
    open();
    await closing;
    await expect(waiting).rejects.toMatchObject({ code: 'unreachable', message: 'the client is closed' });
    expect(opened()).toBe(1);
    expect(following()).toBe(0);
  });

  it('fail for whoever waits, where the client is closed once they are open', async () => {
    const { door, open, following } = slowDoor();
    const followed = new Followed(door);
    open();
    await followed.tail('events');
    const waiting = firstValueFrom(followed.from('events'));
    await followed.close();
    await expect(waiting).rejects.toMatchObject({ code: 'unreachable' });
    expect(following()).toBe(0);
  });
});
