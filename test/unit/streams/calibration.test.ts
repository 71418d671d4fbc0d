import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { decodeEvent } from '../../../src/domain/cloudEvents.js';
import type { LetheEvent } from '../../../src/domain/messages/event.js';
import { topicsUnder } from '../../../src/domain/topics.js';
import { calibration } from '../../../src/streams/calibration.js';
import type { Context } from '../../../src/streams/context.js';
import { recordAt } from '../../support/flows.js';

type Of<K extends LetheEvent['kind']> = Extract<LetheEvent, { kind: K }>;
const FILTER: Of<'filter-calibrated'> = {
  kind: 'filter-calibrated',
  filter: 'relative',
  level: 0,
  specificity: 1,
  recall: 1,
  ms: 1,
};
const KNOWN: Of<'known-calibrated'> = { kind: 'known-calibrated', level: 0.5, share: 0.9, vectors: 9, ms: 1 };

function calibrating(filter: typeof FILTER | null, known: Context['known'], isComplete = true) {
  const changes = new Subject<void>();
  const stop = new Subject<void>();
  const told: (LetheEvent | string)[] = [];
  const written: LetheEvent[] = [];
  let runs = 0;
  let finish = (): void => undefined;
  const calibrate = async () => {
    runs++;
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    return filter;
  };
  const log: Pick<Context['log'], 'publish'> = {
    publish: async (records) => {
      for (const { topic, key, value, headers } of records)
        written.push(decodeEvent(recordAt(0, { topic, key, value, headers })));
    },
  };
  const context = {
    screen: { calibrate, keepUp: async () => isComplete },
    known,
    log,
    topics: topicsUnder('test.'),
    settings: { modelName: 'm' },
    stop,
  };
  calibration(context as unknown as Context, changes).subscribe({
    next: (signal) => told.push(signal.kind === 'event' ? signal.event : signal.kind),
    complete: () => told.push('complete'),
  });
  return { changes, stop, told, written, runs: () => runs, finish: () => finish() };
}
const settled = () => new Promise(setImmediate);

describe('calibration', () => {
  it('follows a change, and is written before it is told', async () => {
    const { changes, told, written, finish } = calibrating(FILTER, async () => KNOWN);
    changes.next();
    await settled();
    finish();
    await settled();
    expect(written).toEqual([FILTER, KNOWN]);
    expect(told).toEqual([FILTER, KNOWN]);
  });

  it('comes at the start where the filter lacks something, and only then', async () => {
    const complete = calibrating(FILTER, null);
    const lacking = calibrating(FILTER, null, false);
    await settled();
    expect([complete.runs(), lacking.runs()]).toEqual([0, 1]);
    lacking.finish();
    await settled();
    expect(lacking.told).toEqual([FILTER]);
  });

  it('is once for all changes that come while it runs', async () => {
    const { changes, finish, runs } = calibrating(FILTER, null);
    changes.next();
    await settled();
    for (let i = 0; i < 5; i++) changes.next();
    await settled();
    expect(runs()).toBe(1);
    finish();
    await settled();
    expect(runs()).toBe(2);
    finish();
    await settled();
    expect(runs()).toBe(2);
  });

  it('tells nothing where there was nothing to calibrate on', async () => {
    const { changes, told, written, finish } = calibrating(null, async () => null);
    changes.next();
    await settled();
    finish();
    await settled();
    expect([told, written]).toEqual([[], []]);
  });

  it('that is under way is finished when the worker stops', async () => {
    const { changes, stop, told, finish } = calibrating(FILTER, null);
    changes.next();
    await settled();
    stop.next();
    expect(told).toEqual([]);
    finish();
    await settled();
    expect(told).toEqual([FILTER, 'complete']);
  });
});
