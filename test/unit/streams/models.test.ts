import { BehaviorSubject, Subject } from 'rxjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Classifier } from '../../../src/model/classifier.js';
import type { Context } from '../../../src/streams/context.js';
import { modelNow, models } from '../../../src/streams/models.js';
import { fakeModels } from '../../support/fakeModels.js';
import { modelOf, storeOf } from '../../support/knowledge.js';

const settled = () => new Promise(setImmediate);

async function following() {
  const store = await storeOf({});
  const current = new BehaviorSubject<Classifier | null>(null);
  const { load, disposed } = fakeModels();
  const asked = new Subject<void>();
  const over = new Subject<void>();
  const name = (version: string) => store.registry.update(() => ({ model: modelOf(version) }));
  const context: Pick<Context, 'store' | 'current' | 'load'> = { store, current, load };
  const run = (of: Partial<Context> = {}, by = asked) => models({ ...context, ...of }, { asked: by, over });
  return { store, current, disposed, asked, over, name, context, run };
}

describe('the model that answers', () => {
  it('becomes the one that the registry names: now and then, and at once where somebody asks', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const { current, name, run, asked, over, disposed } = await following();
    const seen: (string | undefined)[] = [];
    current.subscribe((each) => seen.push(each?.version));
    const running = run().subscribe();
    await name('v1');
    vi.advanceTimersByTime(1);
    await settled();
    expect(seen).toEqual([undefined, 'v1']);
    await name('v2');
    asked.next();
    await settled();
    expect([seen.at(-1), disposed]).toEqual(['v2', ['v1']]);
    await name('v3');
    vi.advanceTimersByTime(500);
    await settled();
    expect(seen.at(-1)).toBe('v3');
    over.next();
    expect(running.closed).toBe(true);
  });

  it('is not loaded again, and none is where the registry names none', async () => {
    const { name, run, asked, over } = await following();
    let loads = 0;
    const load: Context['load'] = async (model) => {
      loads++;
      return (await following()).context.load(model);
    };
    const running = run({ load }).subscribe();
    asked.next();
    await settled();
    expect(loads).toBe(0);
    await name('v1');
    await expect.poll(() => loads).toBe(1);
    asked.next();
    await settled();
    expect(loads).toBe(1);
    over.next();
    expect(running.closed).toBe(true);
  });
});

describe('the model for an answer', () => {
  it('is the current one where the registry names that, and nobody is asked', async () => {
    const { context, name, current } = await following();
    const loaded = await context.load(modelOf('v1'));
    current.next(loaded);
    await name('v1');
    const refused = () => {
      throw new Error('asked');
    };
    expect(await modelNow(context, refused)).toBe(loaded);
  });

  it('is none before the first one', async () => {
    const { context } = await following();
    expect(await modelNow(context, () => undefined)).toBeNull();
  });

  it('is waited for: the one that the registry names by then', async () => {
    const { context, name, current } = await following();
    current.next(await context.load(modelOf('v1')));
    await name('v2');
    let asks = 0;
    const ask = async () => {
      asks++;
      if (asks === 1) await name('v3');
      current.next(await context.load(modelOf(asks === 1 ? 'v2' : 'v3')));
    };
    expect((await modelNow(context, () => void ask()))?.version).toBe('v3');
    expect(asks).toBe(2);
  });

  it('is asked for again where nothing comes', async () => {
    const { context, name, current } = await following();
    await name('v1');
    let asks = 0;
    const ask = async () => {
      if (++asks === 2) current.next(await context.load(modelOf('v1')));
    };
    expect((await modelNow(context, () => void ask()))?.version).toBe('v1');
  });
});
