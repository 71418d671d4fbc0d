import { describe, expect, it } from 'vitest';
import { certificateOf } from '../../../src/auditing/auditCertificate.js';
import { ChainReader } from '../../../src/auditing/auditChainReader.js';
import { storyOf } from '../../../src/auditing/auditStory.js';
import { type ChainHead, chained, EMPTY_CHAIN } from '../../../src/domain/auditChain.js';
import type { ClassEvidence } from '../../../src/domain/classEvidence.js';
import type { AuditEntry, AuditRecord, Confirmation } from '../../../src/domain/messages/audit.js';
import type { LetheEvent } from '../../../src/domain/messages/event.js';
import type { Place } from '../../../src/domain/places.js';

const CONFIRMED: Confirmation = { confirms: true, version: 9 };
const DOUBTED: Confirmation = { confirms: false, version: 9, why: 'nobody knows of it' };
const common = { time: '2026-01-31T12:00:00.000Z', model: 'm', position: 'lethe.events/0/0' };

const asked: AuditEntry = {
  ...common,
  told: { of: 'command', id: 'e1', actor: 'alice', body: { kind: 'erase', classes: ['cat'] } },
};
const event = (body: LetheEvent, registry?: Confirmation): AuditEntry => ({
  ...common,
  told: { of: 'event', body: { ...body } },
  ...(registry && { registry }),
});
const erased = (commandId: string, registry?: Confirmation, registryVersion = 9): AuditEntry =>
  event(
    {
      kind: 'erased',
      commandId,
      classes: [{ name: 'cat', vectors: 20 }],
      modelVersion: 'v2',
      databaseFiles: 'none',
      checkpoints: 1,
      deadLetters: 0,
      topics: [],
      places: [],
      registryVersion,
      ms: 1,
    },
    registry,
  );
const announced = (task: string, registry: Confirmation): AuditEntry =>
  event({ kind: 'task-announced', task, classes: ['cat', 'dog'], samples: 9, commandId: task }, registry);
const failed = (task: string): AuditEntry =>
  event({ kind: 'task-failed', task, error: { code: 'task-timeout', message: 'x', remedy: 'x' } });

const GONE: ClassEvidence = {
  class: 'cat',
  seenAt: common.time,
  worker: 'here',
  registryVersion: 9,
  state: 'erased',
  vectors: { cil: 0, mu: 0 },
  model: { version: 'v2', knows: false },
  answering: { version: 'v2', knows: false },
  checkpoints: { kept: 1, knowing: [] },
  places: [
    { kind: 'worker', place: 'worker here', state: 'done', detail: 'nothing of it', holder: 'h1' },
    { kind: 'worker', place: 'worker away', state: 'gone', detail: 'declared gone', holder: 'h2' },
    { kind: 'topic', place: 'lethe.dead-letters', state: 'waiting', detail: 'deleted' },
    { kind: 'files', place: 'database files', state: 'kept', detail: 'may not be asked for' },
  ],
};
const placed = (place: Place): Pick<ClassEvidence, 'places'> => ({ places: [...GONE.places, place] });

function chainOf(entries: readonly AuditEntry[]): ChainReader<AuditRecord> {
  const chain = new ChainReader((record: AuditRecord) => record);
  let head: ChainHead = EMPTY_CHAIN;
  for (const entry of entries) {
    const made = chained(entry, head);
    head = made.head;
    chain.next({ value: made.value });
  }
  return chain;
}

const certify = (entries: readonly AuditEntry[], seen = GONE) =>
  certificateOf('cat', chainOf(entries), seen, new Date(common.time));
const linesOf = (entries: readonly AuditEntry[]) => storyOf('cat', chainOf(entries).records).lines;

const refusal = (entries: readonly AuditEntry[], seen?: ClassEvidence) => {
  try {
    certify(entries, seen);
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('a certificate', () => {
  const history = [announced('t1', CONFIRMED), asked, erased('e1', CONFIRMED)];

  it('tells who asked, what was told, what is there, and which records led there', () => {
    const forged = [erased('forged', DOUBTED), announced('forged', DOUBTED)];
    const certificate = certify([...history, ...forged]);
    expect(certificate).toMatchObject({ askedBy: 'alice', told: { commandId: 'e1' }, seen: GONE });
    expect(certificate.records.map(({ sequence }) => sequence)).toEqual([0, 1, 2]);
    expect(certificate.chain.length).toBe(5);
  });

  it.each<[string, Partial<ClassEvidence>, string]>([
    ['it is learned', { state: 'learned' }, 'its state in the registry is learned'],
    ['it is unlearned only', { state: 'unlearned' }, 'its state in the registry is unlearned'],
    ['nobody knows it', { state: null }, 'registry is missing'],
    ['DB-CIL holds vectors', { vectors: { cil: 1, mu: 0 } }, '1 of its vectors are in DB-CIL'],
    ['DB-MU holds vectors', { vectors: { cil: 0, mu: 2 } }, '2 of its vectors are in DB-MU'],
    ['the model knows it', { model: { version: 'v3', knows: true } }, 'v3, which the registry names'],
    [
      'a worker answers with it',
      { answering: { version: 'v1', knows: true } },
      'v1, which here answers with',
    ],
    [
      'another worker has not looked',
      placed({ kind: 'worker', place: 'worker late', state: 'waiting', detail: 'not looked', holder: 'h3' }),
      'not every place was checked',
    ],
    [
      'another worker holds a copy',
      placed({ kind: 'worker', place: 'worker late', state: 'failed', detail: '/data holds v1' }),
      'worker late: failed, /data holds v1',
    ],
    [
      'files of the database may hold it',
      placed({ kind: 'files', place: 'database files', state: 'failed', detail: 'not written' }),
      'database files: failed, not written',
    ],
    [
      'files of the database are not written anew yet',
      placed({ kind: 'files', place: 'database files', state: 'waiting', detail: 'to be rewritten' }),
      'not every place was checked',
    ],
    ['a checkpoint knows it', { checkpoints: { kept: 2, knowing: ['v1'] } }, 'that know it exist: v1'],
  ])('is refused where %s', (_, there, why) => {
    expect(refusal(history, { ...GONE, ...there })).toMatchObject({
      code: 'not-erased',
      message: expect.stringContaining(why),
    });
  });

  it.each<[string, readonly AuditEntry[], string]>([
    ['nothing was erased', [announced('t1', CONFIRMED)], 'contains no erasure'],
    ['the erasure is not confirmed', [asked, erased('e1', DOUBTED)], 'nobody knows of it'],
    ['nobody looked whether it was', [asked, erased('e1')], 'did not check the registry'],
    [
      'the class is learned again',
      [...history, announced('t2', CONFIRMED)],
      'again after it was erased: task t2',
    ],
  ])('is refused where by the chain %s', (_, entries, why) => {
    expect(refusal(entries)).toMatchObject({ code: 'not-erased', message: expect.stringContaining(why) });
  });

  it('is given where learning it again came to nothing, and where it was erased again', () => {
    expect(refusal([...history, announced('t2', CONFIRMED), failed('t2')])).toBeUndefined();
    const twice = [...history, announced('t2', CONFIRMED), asked, erased('e2', CONFIRMED, 12)];
    expect(certify(twice).told.commandId).toBe('e2');
    // What someone copied from before is confirmed, and is no newer erasure for it.
    const copied = certify([...twice, erased('e1', CONFIRMED)]);
    expect(copied.told.commandId).toBe('e2');
    expect(refusal([...history, announced('t2', CONFIRMED), erased('e1', CONFIRMED)])).toMatchObject({
      code: 'not-erased',
    });
  });

  it('rests on a story that tells a copy from what happened', () => {
    const lines = linesOf([
      ...history,
      announced('t2', CONFIRMED),
      erased('e1', CONFIRMED),
      erased('e1', DOUBTED),
    ]);
    expect(lines[4]).toMatch(/ erased cat .* \(reported before, as number 2\)$/);
    expect(lines[5]).toMatch(/ NOT CONFIRMED, somebody wrote: erased cat .* nobody knows of it$/);
    expect(lines.slice(0, 4).join()).not.toContain('told before');
  });
});
