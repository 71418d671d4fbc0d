import { createGateway } from 'lethe/internal/adapters/http/gateway.js';
import { listen } from 'lethe/internal/adapters/http/server.js';
import { topicsUnder } from 'lethe/internal/domain/topics.js';
import { firstValueFrom, from, lastValueFrom, toArray } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { ROOMY } from '../../../../test/support/gatewayLimits.js';
import { around, memoryLog, type Processing, startProcessing } from '../../../../test/support/processing.js';
import { createClient } from '../../src/client.js';
import { createHttpClient, type LetheClient, vectorPayload } from '../../src/http.js';
import { logDoor } from '../../src/logDoor.js';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});
const input = (axis: number, index = 0) => vectorPayload(around(axis, index));
const samples = ['cat', 'dog'].flatMap((label, place) =>
  Array.from({ length: 10 }, (_, index) => ({ label, payload: input(3 * place, index) })),
);

/** A client through the log itself, as over Kafka. */
function overLog({ log, topics }: Processing): LetheClient {
  const client = createClient(logDoor(log, { topics, modelName: 'test', actor: 'me' }));
  cleanups.push(() => client.close());
  return client;
}

function processing(): Processing {
  const started = startProcessing();
  cleanups.push(() => started.stop());
  return started;
}

describe('a client', () => {
  it('gives work to whatever reads the log, and says who it is', async () => {
    const lethe = processing();
    const client = overLog(lethe);
    await client.learn('pets', samples);
    expect(await client.ask({ payload: input(3, 1) })).toMatchObject({ label: 'dog' });
    await client.unlearn({ examples: [{ vector: [...around(3, 2)] }] });
    expect(await client.ask({ payload: input(3, 1) })).toMatchObject({ label: 'cat' });
    expect(lethe.signals.some((signal) => signal.kind === 'event' && signal.event.kind === 'unlearned')).toBe(
      true,
    );
  });

  it('sends samples of a task that was announced elsewhere, from any iterable', async () => {
    const lethe = processing();
    const client = overLog(lethe);
    const classes = ['cat', 'dog'];
    await lethe.command({ id: 'l', kind: 'learn', task: 'pets', classes, samples: samples.length });
    const finished = lethe.event('task-finished');
    await client.send(
      'pets',
      (async function* () {
        yield* samples;
      })(),
    );
    expect(await finished).toMatchObject({ task: 'pets' });
  });

  it('answers of which one is refused, without keeping the others from theirs', async () => {
    const client = overLog(processing());
    await client.learn('pets', samples);
    const questions = [input(0), vectorPayload([1, 2]), input(3)].map((payload, index) => ({
      id: `q${index}`,
      payload,
    }));
    const answers = await lastValueFrom(from(client.askAll(questions)).pipe(toArray()));
    expect(Object.fromEntries(answers.map((answer) => [answer.id, answer]))).toMatchObject({
      q0: { prediction: { label: 'cat' } },
      q1: { error: { code: 'wrong-dimension' } },
      q2: { prediction: { label: 'dog' } },
    });
  });

  it('says what can not even be sent, by a rejection', async () => {
    const client = overLog(processing());
    await expect(client.ask({ id: 'q'.repeat(201), payload: input(0) })).rejects.toMatchObject({
      code: 'invalid-message',
      field: 'id',
    });
    await expect(client.unlearn({ classes: [] })).rejects.toMatchObject({ code: 'invalid-message' });
  });

  it('waits no longer than it is told to, nor than something is heard; foreign records do not keep it from its answer', async () => {
    // Nobody reads this log.
    const topics = topicsUnder('test.');
    const log = memoryLog();
    const deaf = createClient(logDoor(log, { topics, modelName: 'test', actor: 'me' }));
    cleanups.push(() => deaf.close());
    const silent = deaf.unlearn({ classes: ['cat'] }, { silenceMs: 50 });
    await expect(silent).rejects.toMatchObject({ code: 'timed-out', field: 'timeout' });
    const reason = new Error('enough');
    const given = new AbortController();
    const waiting = deaf.learn('pets', samples, { signal: given.signal });
    given.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(deaf.ask({ payload: input(0) }, { signal: given.signal })).rejects.toBe(reason);

    const lethe = processing();
    const client = overLog(lethe);
    const foreign = { key: null, value: Buffer.from('hello'), headers: {} };
    const learning = client.learn('pets', samples, { silenceMs: 30_000 });
    for (const topic of [lethe.topics.events, lethe.topics.predictions])
      await lethe.log.publish([{ ...foreign, topic }]);
    expect(await learning).toMatchObject({ kind: 'task-finished' });
    expect(await client.ask({ payload: input(0) })).toMatchObject({ label: 'cat' });
  });

  it('goes on when a gateway that was away is back', async () => {
    const { log, topics } = processing();
    let refusals = 2;
    const gateway = createGateway({
      log,
      topics,
      modelName: 'test',
      status: async () => ({}),
      // Not ready at first: what is sent then is sent again.
      accepting: () => refusals-- <= 0,
      ...ROOMY,
    });
    const first = await listen(gateway, { host: '127.0.0.1', port: 0 });
    const client = createHttpClient({ url: first.url });
    cleanups.push(() => client.close());
    await client.learn('pets', samples);
    const waiting = firstValueFrom(from(client.events()));
    const broken = expect(waiting).rejects.toMatchObject({ code: 'unreachable', retriable: true });
    expect(await client.ask({ payload: input(0) })).toMatchObject({ label: 'cat' });
    await first.close();
    await broken;
    await expect(client.ask({ payload: input(0) })).rejects.toMatchObject({ code: 'unreachable' });

    const second = await listen(gateway, { host: '127.0.0.1', port: Number(new URL(first.url).port) });
    cleanups.push(() => second.close());
    const again = async () => (await client.ask({ payload: input(0) })).label;
    await expect.poll(() => again().catch(() => 'not yet')).toBe('cat');
  });
});
