import type { ChildProcess } from 'node:child_process';
import { map, Subscription, tap } from 'rxjs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { untilRoom } from '../../src/adapters/http/untilRoom.js';
import { decodeEvent, encodeCommand, encodeSample } from '../../src/domain/cloudEvents.js';
import type { EventKind, LetheEvent } from '../../src/domain/messages/event.js';
import {
  type LetheProcess,
  overServices,
  startLetheProcess,
  type Variables,
} from '../support/letheProcess.js';
import { around } from '../support/processing.js';
import { sharedServices } from '../support/services.js';

const DIMENSION = 1280;
const AXES = { cat: 0, dog: 400, frog: 800 };
const PER_CLASS = 40;
const LEASE_MS = 3000;
/** So long that nobody takes over because it ran out. */
const LONG_LEASE = { LETHE_WORKER__LEASE_MS: '300000' };
const EPOCHS = 60;

let services: Awaited<ReturnType<typeof sharedServices>>;
const children: ChildProcess[] = [];
const following = new Subscription();

beforeAll(async () => {
  services = await sharedServices();
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => following.unsubscribe());

function startLearner(variables: Variables): Promise<LetheProcess> {
  return startLetheProcess(
    ['--role', 'learn'],
    {
      // Which trains epoch by epoch.
      LETHE_LEARNING__LEARNER: 'ssre',
      LETHE_LEARNING__SSRE__INITIAL__EPOCHS: String(EPOCHS),
      LETHE_WORKER__LEASE_MS: String(LEASE_MS),
      ...variables,
      LETHE_LEARNING__SSRE__INITIAL__BATCH_SIZE: '8',
      LETHE_LEARNING__SSRE__INITIAL__LEARNING_RATE: '0.001',
      LETHE_LEARNING__SSRE__INITIAL__DECAY_EVERY: '40',
      LETHE_LEARNING__SSRE__INITIAL__WEIGHT_DECAY: '0.01',
    },
    (child) => children.push(child),
  );
}

async function eventsOf({ client }: LetheProcess): Promise<LetheEvent[]> {
  const events: LetheEvent[] = [];
  const tail = await client.tail('events', 'earliest');
  following.add(
    tail
      .pipe(
        map(decodeEvent),
        tap((event) => events.push(event)),
      )
      .subscribe({ error: () => undefined }),
  );
  return events;
}

async function seen(events: readonly LetheEvent[], kind: EventKind): Promise<void> {
  await expect.poll(() => events.map((event) => event.kind), { interval: 20 }).toContain(kind);
}

const standsBy = async ({ url }: LetheProcess): Promise<unknown> => (await fetch(`${url}/readyz`)).json();
const isLearner = (learner: LetheProcess): boolean =>
  learner.lines.some(({ msg }) => msg === 'this worker is the learner');

/** A learner, and one that stands by for it. */
async function startBoth(
  variables: Variables,
  ofLearner: Variables = {},
): Promise<[LetheProcess, LetheProcess]> {
  const learner = await startLearner({ ...variables, ...ofLearner });
  await expect.poll(() => isLearner(learner)).toBe(true);
  const standby = await startLearner(variables);
  await expect.poll(() => standsBy(standby)).toEqual({ ready: true, waitingFor: [], standby: true });
  expect(await standsBy(learner)).toEqual({ ready: true, waitingFor: [] });
  expect(standby.lines.map(({ msg }) => msg)).toContain(
    'another worker is the learner; this one stands by for it',
  );
  return [learner, standby];
}

/** A gateway refuses while its worker is not ready, which on a busy machine it may cease to be at any moment. */
async function teach({ client }: LetheProcess, model: string): Promise<void> {
  const { topics } = client;
  const classes = Object.keys(AXES);
  const samples = Object.entries(AXES).flatMap(([label, axis]) =>
    Array.from({ length: PER_CLASS }, (_, index) =>
      encodeSample(
        {
          id: `${label}-${index}`,
          label,
          task: 't1',
          payload: { kind: 'vector', vector: around(axis, index, DIMENSION) },
        },
        topics,
      ),
    ),
  );
  const command = { id: 'l1', kind: 'learn', task: 't1', classes, samples: samples.length } as const;
  for (const record of [encodeCommand(command, model, topics), ...samples])
    await untilRoom(() => client.publish([record]));
}

const FEW_EPOCHS = { LETHE_LEARNING__SSRE__INITIAL__EPOCHS: '5' };

describe('two learners of one model', () => {
  it('one stands by, and goes on from the last epoch when the other is killed while it trains', async () => {
    const variables = overServices(services);
    const [learner, standby] = await startBoth(variables);
    const events = await eventsOf(standby);
    await teach(learner, String(variables.LETHE_MODEL__NAME));
    await expect
      .poll(() => events.filter(({ kind }) => kind === 'task-epoch').length, { interval: 20 })
      .toBeGreaterThan(5);
    learner.child.kill('SIGKILL');
    await seen(events, 'task-finished');

    const resumed = standby.lines.find(({ kind }) => kind === 'resumed');
    expect(resumed?.epoch).toBeGreaterThanOrEqual(1);
    expect(resumed?.epoch).toBeLessThan(EPOCHS);
    expect(events.filter(({ kind }) => kind === 'model-published')).toHaveLength(1);
    expect(await standby.client.status()).toMatchObject({ databases: { cil: 3 * PER_CLASS } });
    expect(await standsBy(standby)).toEqual({ ready: true, waitingFor: [] });
  });

  it('one that was stopped for too long ends by itself when it goes on, and the other learns', async () => {
    // It is about who learns, not about how long that takes.
    const variables: Variables = { ...overServices(services), ...FEW_EPOCHS };
    const [stopped, standby] = await startBoth(variables);
    stopped.child.kill('SIGSTOP');
    await expect.poll(() => isLearner(standby)).toBe(true);
    stopped.child.kill('SIGCONT');
    expect(await stopped.ended).toBe(1);
    expect(stopped.lines.at(-1)).toMatchObject({ error: { code: 'learner-replaced' } });

    const events = await eventsOf(standby);
    await teach(standby, String(variables.LETHE_MODEL__NAME));
    await seen(events, 'task-finished');
    expect(events.filter(({ kind }) => kind === 'task-announced')).toHaveLength(1);
  });

  it('one that is told to end hands over at once', async () => {
    const [learner, standby] = await startBoth(overServices(services), LONG_LEASE);
    learner.child.kill('SIGTERM');
    expect(await learner.ended).toBe(0);
    await expect.poll(() => isLearner(standby)).toBe(true);
  });
});
