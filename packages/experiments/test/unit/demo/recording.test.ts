import { createMemoryLog } from 'lethe/internal/adapters/memory/log/memoryLog.js';
import { encodeEvent } from 'lethe/internal/domain/cloudEvents.js';
import type { LetheEvent } from 'lethe/internal/domain/messages/event.js';
import { topicsUnder } from 'lethe/internal/domain/topics.js';
import { describe, expect, it } from 'vitest';
import { learnedClasses, record, unlearnedClasses } from '../../../src/demo/recording.js';

const topics = topicsUnder('test.');

function recordingOf() {
  const log = createMemoryLog({ partitions: 1, capacity: { records: 100, bytes: 1e6 } });
  const say = (...events: LetheEvent[]) =>
    log.publish(events.map((event) => encodeEvent(event, 'main', topics)));
  return { recording: record({ log, topics }), say };
}

const started: LetheEvent = { kind: 'task-started', task: 't', classes: ['cat', 'dog'], samples: 2 };
const finished: LetheEvent = { kind: 'task-finished', task: 't', modelVersion: 'v1', ms: 1 };
const unlearned: LetheEvent = {
  kind: 'unlearned',
  commandId: 'u',
  by: 'name',
  classes: [{ name: 'cat', moved: 1 }],
  registryVersion: 2,
  ms: 1,
};

describe('a recording', () => {
  it('finds events of the past and waits for those to come', async () => {
    const { recording, say } = recordingOf();
    const first = recording.first('task-started', () => true);
    await say(started, finished);
    expect((await first).message).toEqual(started);
    expect((await recording.first('task-finished', ({ task }) => task === 't')).message).toEqual(finished);
    recording.stop();
  });

  it('fails whoever waits when a task fails, with what the event says', async () => {
    const { recording, say } = recordingOf();
    const waiting = recording.first('task-finished', () => true);
    const error = { code: 'training-failed' as const, message: 'out of memory', remedy: 'Use less.' };
    await say({ kind: 'task-failed', task: 't', error });
    await expect(waiting).rejects.toMatchObject({ code: 'training-failed', remedy: 'Use less.' });
    recording.stop();
  });

  it('counts a class as learned when its task is finished, also after it was unlearned', async () => {
    const { recording, say } = recordingOf();
    await say(started);
    await recording.first('task-started', () => true);
    expect(learnedClasses(recording)).toEqual(new Set());
    await say(finished, unlearned);
    await recording.first('unlearned', () => true);
    expect(learnedClasses(recording)).toEqual(new Set(['cat', 'dog']));
    expect(unlearnedClasses(recording)).toEqual(new Set(['cat']));
    recording.stop();
  });
});
