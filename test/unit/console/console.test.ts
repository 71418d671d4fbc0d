import { Subject } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../src/adapters/memory/store/createMemoryStore.js';
import { encodeAuditRecord } from '../../../src/auditing/auditRecords.js';
import { createConsoleFeed } from '../../../src/console/console.js';
import type { FeedMessage, Knowledge } from '../../../src/console/messages.js';
import { chained, EMPTY_CHAIN } from '../../../src/domain/auditChain.js';
import { encodeEvent, encodeQuery } from '../../../src/domain/cloudEvents.js';
import type { LetheEvent } from '../../../src/domain/messages/event.js';
import type { Prediction } from '../../../src/domain/messages/prediction.js';
import { topicsUnder } from '../../../src/domain/topics.js';
import { normalised } from '../../../src/domain/vector.js';
import { DEFAULT_IMAGE_LIMITS } from '../../../src/model/embedder/decodeImage.js';
import type { Signal } from '../../../src/streams/signal.js';
import { memoryLog } from '../../support/processing.js';

const topics = topicsUnder('lethe.');
const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const unknown: Knowledge = {
  name: 'main',
  role: 'all',
  embedder: 'none',
  model: null,
  registryVersion: 0,
  classes: [],
  tasks: [],
  databases: { cil: 0, mu: 0 },
  dimension: 12,
  takes: 'images',
  token: false,
};
const prediction = (queryId: string): Prediction => ({
  queryId,
  label: 'cat',
  probabilities: [{ label: 'cat', probability: 0.75 }],
  route: 'model',
  evidence: { filtered: false, guarded: false, unlearnedSimilarity: null, remainingSimilarity: null },
  modelVersion: 'v1',
  registryVersion: 1,
  latencyMs: 2,
});
function answered(id: string): Signal {
  const payload = {
    kind: 'image',
    contentType: 'application/x-cifar',
    bytes: Buffer.alloc(3072, 9),
  } as const;
  const source = { ...encodeQuery({ id, payload }, topics), partition: 0, offset: 0n, timestamp: 0 };
  return { kind: 'prediction', prediction: prediction(id), source };
}

type DataOf<K extends FeedMessage['kind']> = Extract<FeedMessage, { kind: K }>['data'];

function watching() {
  const log = memoryLog();
  const { vectors } = createMemoryStore({ dimension: 4 });
  const signals = new Subject<Signal>();
  let knowledge = unknown;
  let asked = 0;
  const feed = createConsoleFeed(
    {
      log,
      topics,
      signals,
      vectors,
      knowledge: async () => {
        asked++;
        return knowledge;
      },
      limits: DEFAULT_IMAGE_LIMITS,
      seed: 7,
    },
    { answersPerSecond: 4, answers: 10, timeline: 10, mapPoints: 100, mapSample: 50 },
  );
  cleanups.push(
    () => log.close(),
    () => feed.close(),
  );
  const seen: FeedMessage[] = [];
  return {
    log,
    vectors,
    signals,
    seen,
    asked: () => asked,
    know: (changes: Partial<Knowledge>) => {
      knowledge = { ...knowledge, ...changes };
    },
    tell: (event: LetheEvent) => log.publish([encodeEvent(event, 'main', topics)]),
    follow: () => {
      const sent = feed.follow(undefined, (message) => {
        seen.push(message);
        return [undefined];
      });
      const subscription = sent.subscribe();
      cleanups.push(() => subscription.unsubscribe());
    },
    last: <K extends FeedMessage['kind']>(kind: K) =>
      seen.findLast((message) => message.kind === kind)?.data as DataOf<K> | undefined,
  };
}

describe('what the console is told', () => {
  it('costs nothing without a page: nobody looks at answers, asks what is known or reads a topic', async () => {
    const { signals, asked, log, follow, last } = watching();
    signals.next(answered('q1'));
    await log.publish([
      encodeEvent({ kind: 'command-ignored', commandId: 'c', command: 'learn' }, 'main', topics),
    ]);
    expect([signals.observed, asked()]).toEqual([false, 0]);
    follow();
    expect(signals.observed).toBe(true);
    await expect.poll(() => last('knowledge')).toEqual(unknown);
    expect(last('answer')).toBeUndefined();
  });

  it('shows some answers of each second with their pictures', async () => {
    const { signals, follow, seen, last } = watching();
    follow();
    for (let index = 0; index < 50; index++) signals.next(answered(`q${index}`));
    const rates = () => seen.map(({ kind, data }) => (kind === 'rate' ? data.perSecond : null));
    await expect.poll(rates).toContain(50);
    expect(seen.filter(({ kind }) => kind === 'answer').length).toBeLessThanOrEqual(2);
    expect(last('answer')).toMatchObject({ id: 'q0', label: 'cat', probability: 0.75, truth: null });
    expect(last('answer')?.image).toMatch(/^UklGR/);
  });

  it('follows a training by its events, and asks anew what is known after each', async () => {
    const { tell, know, follow, last } = watching();
    follow();
    await expect.poll(() => last('knowledge')).toBeDefined();
    know({ registryVersion: 1, tasks: [{ task: 't', classes: ['cat'], samples: 9 }] });
    await tell({ kind: 'task-announced', task: 't', classes: ['cat'], samples: 9 });
    await expect.poll(() => last('training')).toMatchObject({ task: 't', stage: 'arriving', samples: 9 });
    await expect.poll(() => last('knowledge')?.registryVersion).toBe(1);
    await tell({ kind: 'task-epoch', task: 't', epoch: 1, epochs: 2, loss: 0.5, ms: 1 });
    await expect.poll(() => last('training')).toMatchObject({ stage: 'training', epoch: 1, epochs: 2 });
  });

  it('tells what the audit chain told before the page came, and what it tells since', async () => {
    const { log, follow, seen } = watching();
    const entry = (id: string) => ({
      time: '2026-01-02T03:04:05.000Z',
      model: 'main',
      position: `c/0/${id}`,
      told: { of: 'command', id, actor: null, body: { kind: 'unlearn', classes: ['cat'] } } as const,
    });
    const first = chained(entry('c1'), EMPTY_CHAIN);
    const second = chained(entry('c2'), first.head);
    await log.publish([encodeAuditRecord(first.value, 0, 'main', topics)]);
    follow();
    const ids = () =>
      seen.flatMap(({ kind, data }) => (kind === 'told' && data.of === 'command' ? [data.id] : []));
    await expect.poll(ids).toEqual(['c1']);
    await log.publish([encodeAuditRecord(second.value, 1, 'main', topics)]);
    await expect.poll(ids).toEqual(['c1', 'c2']);
  });

  it('draws the map when there are vectors of learned classes', async () => {
    const { vectors, know, follow, last } = watching();
    const records = Array.from({ length: 40 }, (_, index) => ({
      id: `s${index}`,
      className: index < 20 ? 'cat' : 'dog',
      task: 't',
      vector: normalised(Float32Array.of(index < 20 ? 3 : -3, Math.sin(index), Math.cos(index), 1)),
    }));
    await vectors.upsert('cil', records);
    const known = { state: 'learned', task: 't', vectors: 20 } as const;
    know({
      classes: [
        { name: 'cat', ...known },
        { name: 'dog', ...known },
      ],
    });
    follow();
    await expect.poll(() => last('map')).toMatchObject({ classes: ['cat', 'dog'], drawn: 40 });
  });
});
