import { setTimeout as sleep } from 'node:timers/promises';
import { groupsOf } from '../../src/domain/groups.js';
import { TOPIC_ROLES, type TopicRole } from '../../src/domain/topics.js';
import { permutation, randomOf } from '../../src/model/ssre/random.js';
import type { Diary } from '../support/diary.js';
import type { Model } from '../support/workersModel.js';
import { CHANGES, type Change, openScene, type Scene } from './changes.js';
import { abortedTransaction, bomb, compressedBatch } from './compressed.js';
import { CLASSES, type Commanding, cycle, finale, learn, within } from './cycles.js';
import type { Deployment } from './deployment.js';
import { type Knocked, knock } from './doors.js';
import * as form from './form.js';
import { GoodTraffic } from './goodTraffic.js';
import { Hostile } from './hostile.js';
import { Ledger } from './ledger.js';
import { Lull } from './lull.js';
import { pictures } from './pictures.js';
import { ASKED_ROLES } from './verdict.js';
import { Writer } from './writer.js';

const POLL_MS = 20;
const COMPRESSIONS = ['gzip', 'snappy', 'lz4', 'zstd'] as const;
/** Waves between two compressed batches, and between two transactions that are aborted. */
const COMPRESSED_EVERY = 7;
const ABORTED_EVERY = 19;
const FINALE_WAVES = 8;
const WAVES_UNDER_WAY = 20;
const DEFAULT_TOPIC_BYTES = 1_048_588;

/** Good queries answered in a stretch of time. */
export interface Pace {
  readonly answered: number;
  readonly ms: number;
}

/** What the storm has to show; the verdict on its records is the ledger's. */
export interface Weathered {
  readonly ledger: Ledger;
  readonly good: GoodTraffic;
  readonly writer: Writer;
  /** Good queries that were answered before the calm was measured. */
  readonly warm: number;
  readonly calm: Pace;
  /** With hostile records, without the time of the changes. */
  readonly storm: Pace;
  /** While something was changed, until good queries were answered again. */
  readonly changing: Pace;
  readonly changes: number;
  readonly commands: number;
  readonly knocked: readonly Knocked[];
  /** What stood still for too long. */
  readonly stalls: readonly string[];
}

/** Good traffic alone, then with hostile records, changes and knocks at the doors; at last everything is dealt with. */
export async function weather(deployment: Deployment, diary: Diary): Promise<Weathered> {
  const { model } = deployment;
  const ledger = new Ledger(model);
  const random = (purpose: number) => randomOf(form.seed, purpose);
  const scene = await openScene(deployment, ledger, random(1));
  const { partitions, topicBytes } = await shapesOf(scene);
  const writer = new Writer(model, ledger, partitions, random(2));
  const good = new GoodTraffic(model, random(3));
  const hostile = new Hostile({
    ...{ model, random: random(4), pictures: await pictures(), taken: CLASSES },
    ...{ topicBytes, only: form.onlyDamages },
  });
  let isChanging = false;
  const commanding: Commanding = {
    ...{ deployment, good, writer, diary, stallMs: form.stallMs },
    isChanging: () => isChanging,
  };
  const stalls: string[] = [];
  let storming = true;
  const writing = new Set<Promise<void>>();
  const lull = new Lull();
  let due = 0;
  const wave = async (withHostile: boolean): Promise<void> => {
    // What was not written in time is not made up for.
    due = Math.max(due + (1000 * form.WAVE) / form.pace, Date.now());
    if (withHostile) {
      const written = lull.write(() => writer.hostile(hostile.some(form.WAVE)));
      writing.add(written);
      void written.then(() => writing.delete(written));
    }
    await Promise.all([writer.good(good.queries(form.WAVE)), sleep(due - Date.now())]);
    // Those who write hostile records wait for no one, up to a point.
    while (writing.size > WAVES_UNDER_WAY) await Promise.race(writing);
    if (await within(form.stallMs, async () => good.outstanding < form.OUTSTANDING)) return;
    stalls.push(`${good.outstanding} good queries wait for answers, e.g. ${good.oldest}`);
  };
  try {
    await learn(commanding, 'task-0', CLASSES);
    diary.tell('the classes are learned');
    for (let sent = 0; sent < form.calmQueries / 4; sent += form.WAVE) await wave(false);
    await within(form.stallMs, async () => good.outstanding === 0);
    const warm = good.answered;
    const calm = await paced(good, async () => {
      for (let sent = 0; sent < form.calmQueries; sent += form.WAVE) await wave(false);
    });
    diary.tell(`the calm is over: ${rate(calm)} good queries/s`);

    const goesOn = (): boolean => storming && stalls.length === 0;
    const knocking = form.doors
      ? (await deployment.urls()).map((url, index) =>
          knock(url, { random: random(10 + index), lull, goesOn }),
        )
      : [];
    const commands = cycle(commanding, { random: random(5), lull, goesOn });
    const changes = inOrder(random(6));
    let changing: Pace = { answered: 0, ms: 0 };
    let changed = 0;
    const began = { at: Date.now(), answered: good.answered };
    for (let waves = 1; (writer.written < form.records || changed < changes.wanted) && goesOn(); waves++) {
      await wave(true);
      await batchesOf(waves, { model, hostile, writer });
      const change = waves % form.changeEvery === 0 ? changes.next() : undefined;
      if (!change) continue;
      changed++;
      diary.tell(change.name);
      isChanging = true;
      const during = await paced(good, () => underChange(change, scene, { wave, good, lull, stalls }));
      isChanging = false;
      changing = { answered: changing.answered + during.answered, ms: changing.ms + during.ms };
    }
    storming = false;
    const whole: Pace = { answered: good.answered - began.answered, ms: Date.now() - began.at };
    const storm = { answered: whole.answered - changing.answered, ms: whole.ms - changing.ms };
    await Promise.all(writing);
    diary.tell('everything is written');
    const knocked = await Promise.all(knocking);
    const carried = await commands;
    if (form.bombs) await bomb(writer);
    if (stalls.length === 0) await dealtWith(scene, stalls);
    diary.tell(stalls.length === 0 ? 'everything is dealt with' : 'something stands still');
    await finale(commanding, async () => {
      for (let sent = 0; sent < FINALE_WAVES; sent++) await wave(false);
      if (!(await within(form.stallMs, async () => good.outstanding === 0)))
        stalls.push(`${good.outstanding} good queries are not answered at last, e.g. ${good.oldest}`);
    });
    if (stalls.length === 0) for (const role of ASKED_ROLES) await ledger.readBack(role);
    return {
      ledger,
      good,
      warm,
      writer,
      calm,
      storm,
      changing,
      changes: changed,
      ...carried,
      knocked,
      stalls,
    };
  } finally {
    storming = false;
    good.close();
    writer.close();
    await scene.close();
  }
}

/** Now and then: a batch in one of the compressions, and a transaction that is aborted. */
async function batchesOf(
  waves: number,
  { model, hostile, writer }: { model: Model; hostile: Hostile; writer: Writer },
): Promise<void> {
  if (waves % COMPRESSED_EVERY === 0)
    await compressedBatch(hostile, writer, COMPRESSIONS[waves % COMPRESSIONS.length] ?? 'gzip');
  if (waves % ABORTED_EVERY === 0)
    await abortedTransaction({ broker: model.broker, topic: model.topics.queries }, hostile);
}

/** Lets it happen while good and hostile records go on, then waits until good queries are answered again. */
async function underChange(
  change: Change,
  scene: Scene,
  {
    wave,
    good,
    lull,
    stalls,
  }: { wave: (withHostile: boolean) => Promise<void>; good: GoodTraffic; lull: Lull; stalls: string[] },
): Promise<void> {
  if (change.quiet) {
    await lull.quiet(async () => {
      await dealtWith(scene, stalls);
      if (stalls.length === 0) await change.happen(scene);
    });
    if (stalls.length > 0) return;
  } else {
    let happening = true;
    const happened = change.happen(scene).finally(() => {
      happening = false;
    });
    while (happening && good.outstanding < form.OUTSTANDING - form.WAVE) await wave(true);
    await happened;
  }
  const before = good.answered;
  await wave(true);
  if (await within(form.stallMs, async () => good.answered > before)) return;
  stalls.push(`after "${change.name}" no good query was answered any more`);
}

/** All records were read, and what came of them is written. */
async function dealtWith({ deployment }: Scene, stalls: string[]): Promise<void> {
  const { log, topics } = deployment.model;
  const groups = groupsOf(topics);
  for (const [group, topic] of [
    [groups.inference, topics.queries],
    [groups.learning, topics.samples],
    [groups.commands, topics.commands],
  ] as const) {
    let least = Number.POSITIVE_INFINITY;
    for (let until = Date.now() + form.stallMs; least > 0; await sleep(POLL_MS * 10)) {
      const lag = await log.lag(group, [topic]);
      if (lag < least) {
        least = lag;
        until = Date.now() + form.stallMs;
      } else if (Date.now() > until) {
        stalls.push(`${lag} records of ${topic} are not dealt with, and no fewer for ${form.stallMs} ms`);
        break;
      }
    }
  }
}

/** The changes in a random order, each once before any comes again. */
function inOrder(random: ReturnType<typeof randomOf>): {
  /** How many there are: each is to happen. */
  readonly wanted: number;
  next(): Change | undefined;
} {
  const { onlyChanges } = form;
  const wanted = CHANGES.filter(({ name }) => onlyChanges?.some((part) => name.includes(part)) ?? true);
  let order: number[] = [];
  const next = (): Change | undefined => {
    if (order.length === 0) order = [...permutation(wanted.length, random)];
    const index = order.shift();
    return index === undefined ? undefined : wanted[index];
  };
  return { wanted: wanted.length, next };
}

async function paced(good: GoodTraffic, work: () => Promise<void>): Promise<Pace> {
  const [at, before] = [Date.now(), good.answered];
  await work();
  return { answered: good.answered - before, ms: Date.now() - at };
}

export function rate({ answered, ms }: Pace): number {
  return ms === 0 ? 0 : Math.round((1000 * answered) / ms);
}

/** Partitions, and bytes that a batch may have, of each topic. */
async function shapesOf({ admin, deployment }: Scene): Promise<{
  readonly partitions: ReadonlyMap<TopicRole, number>;
  readonly topicBytes: ReadonlyMap<TopicRole, number>;
}> {
  const { topics } = deployment.model;
  const partitions = new Map<TopicRole, number>();
  const topicBytes = new Map<TopicRole, number>();
  for (const role of TOPIC_ROLES) {
    const topic = topics[role];
    const metadata = await admin.fetchTopicMetadata({ topics: [topic] });
    partitions.set(role, metadata.topics[0]?.partitions.length ?? 1);
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 2, name: topic, configNames: ['max.message.bytes'] }],
    });
    topicBytes.set(role, Number(resources[0]?.configEntries[0]?.configValue ?? DEFAULT_TOPIC_BYTES));
  }
  return { partitions, topicBytes };
}
