import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { firstValueFrom, from, lastValueFrom, takeWhile, toArray } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { overServices, startLetheProcess } from '../../../../test/support/letheProcess.js';
import { around } from '../../../../test/support/processing.js';
import { sharedServices } from '../../../../test/support/services.js';
import {
  createHttpClient,
  type LabelledInput,
  type LetheClient,
  LetheError,
  vectorPayload,
} from '../../src/http.js';
import { createKafkaClient } from '../../src/kafka.js';

const DIMENSION = 1280;
const PER_CLASS = 30;
const AXES = { cat: 0, dog: 400, frog: 800 };
const input = (axis: number, index: number) => vectorPayload(around(axis, index, DIMENSION));
const children: ChildProcess[] = [];
const noted = (child: ChildProcess): void => void children.push(child);
const TOKEN = 'a-token-of-this-test';

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

/** Starts a Lethe, and gives clients of it. */
const FORMS = {
  'over HTTP, to the embedded form': async () => {
    const variables = { LETHE_MODEL__BACKEND: 'wasm', LETHE_HTTP__TOKEN: TOKEN };
    const { url } = await startLetheProcess([], variables, noted);
    return async () => createHttpClient({ url, token: TOKEN, actor: 'the test' });
  },
  'over Kafka': async () => {
    const services = await sharedServices();
    const modelName = `client-${randomUUID()}`;
    await startLetheProcess([], overServices(services, modelName), noted);
    return () =>
      createKafkaClient({
        brokers: [services.brokers],
        topicPrefix: `${modelName}.`,
        modelName,
        actor: 'the test',
      });
  },
} satisfies Record<string, () => Promise<() => Promise<LetheClient>>>;

describe.each(Object.entries(FORMS))('lethe-client %s', (_, start) => {
  let connect: () => Promise<LetheClient>;
  let client: LetheClient;

  beforeAll(async () => {
    connect = await start();
    client = await connect();
  });
  afterAll(() => client?.close());

  it('learns, is answered, forgets, brings back and erases', async () => {
    // Another reader than the one that waits for the commands: it may see each event a moment later.
    const events = lastValueFrom(
      from(client.events()).pipe(
        takeWhile(({ kind }) => kind !== 'erased', true),
        toArray(),
      ),
    );
    const samples = Object.entries(AXES).flatMap(([label, axis]): LabelledInput[] =>
      Array.from({ length: PER_CLASS }, (_, index) => ({ label, payload: input(axis, index) })),
    );
    expect(await client.learn('pets', samples)).toMatchObject({ kind: 'task-finished', task: 'pets' });
    expect(
      await client.ask({ payload: input(AXES.dog, 3), truth: 'dog' }, { timeoutMs: 60_000 }),
    ).toMatchObject({
      label: 'dog',
      route: 'model',
      truth: 'dog',
    });

    expect(await client.unlearn({ classes: ['dog'] }, { id: 'u1' })).toMatchObject({
      kind: 'unlearned',
      classes: [{ name: 'dog', moved: PER_CLASS }],
    });
    const questions = Array.from({ length: 20 }, (_, index) => ({
      id: `q${index}`,
      payload: input(AXES.dog, index),
    }));
    const answers = await lastValueFrom(from(client.askAll(questions, { concurrency: 8 })).pipe(toArray()));
    expect(answers.map(({ id }) => id).sort()).toEqual(questions.map(({ id }) => id).sort());
    for (const answer of answers) {
      expect(answer).toMatchObject({ prediction: { queryId: answer.id } });
      expect(answer).not.toMatchObject({ prediction: { label: 'dog' } });
    }

    expect(await client.unlearn({ classes: ['dog'] }, { id: 'u1' })).toMatchObject({
      kind: 'command-ignored',
    });
    expect(await client.relearn(['dog'])).toMatchObject({ kind: 'relearned' });
    expect(await client.ask({ payload: input(AXES.dog, 3) })).toMatchObject({ label: 'dog', route: 'model' });
    expect(await client.erase(['dog'], { now: true })).toMatchObject({
      kind: 'erased',
      classes: [{ name: 'dog' }],
    });
    const kinds = (await events).map(({ kind }) => kind);
    for (const kind of ['task-announced', 'task-epoch', 'unlearned', 'relearned', 'erased']) {
      expect(kinds).toContain(kind);
    }
  });

  it('says why something is refused', async () => {
    await expect(client.relearn(['horse'])).rejects.toMatchObject({
      code: 'unknown-class',
      field: 'classes.0',
    });
    const wrong = { payload: vectorPayload([1, 2]) };
    await expect(client.ask(wrong)).rejects.toMatchObject({ name: 'LetheError', code: 'wrong-dimension' });
    const answer = await firstValueFrom(from(client.askAll([{ ...wrong, id: 'wrong' }])));
    expect(answer).toMatchObject({ id: 'wrong', error: { code: 'wrong-dimension' } });
    await expect(client.learn('none', [])).rejects.toMatchObject({ code: 'invalid-message' });
  });

  it('does not wait for ever', async () => {
    const late = client.ask({ payload: input(AXES.cat, 1) }, { timeoutMs: 1 });
    await expect(late).rejects.toMatchObject({ code: 'timed-out', retriable: true });
    await expect(client.relearn(['frog'], { timeoutMs: 1 })).rejects.toMatchObject({ code: 'timed-out' });
  });

  it('shows the predictions of others, and ends with an error for whoever waits', async () => {
    const other = await connect();
    onTestFinished(() => other.close());
    const first = firstValueFrom(from(other.predictions()));
    const waiting = lastValueFrom(from(other.events())).catch((error: unknown) => error);
    await expect.poll(async () => (await client.ask({ payload: input(AXES.frog, 2) })).label).toBe('frog');
    // Asked again until the other one is looking on.
    const asking = setInterval(
      () => void client.ask({ payload: input(AXES.frog, 2) }).catch(() => undefined),
      200,
    );
    onTestFinished(() => clearInterval(asking));
    expect(await first).toMatchObject({ queryId: expect.any(String), route: 'model' });
    await other.close();
    expect(await waiting).toBeInstanceOf(LetheError);
    await expect(other.ask({ payload: input(AXES.cat, 1) })).rejects.toMatchObject({ code: 'unreachable' });
  });
});

describe('lethe-client', () => {
  it('says where nothing answers', async () => {
    const client = createHttpClient({ url: 'http://127.0.0.1:9' });
    onTestFinished(() => client.close());
    await expect(client.ask({ payload: vectorPayload([1]) })).rejects.toMatchObject({ code: 'unreachable' });
    const nowhere = createKafkaClient({ brokers: ['127.0.0.1:9'], startTimeoutMs: 300 });
    await expect(nowhere).rejects.toMatchObject({ code: 'config-invalid' });
  });
});
