import {
  encodeCommand,
  encodeEvent,
  encodeModelVersion,
  encodePrediction,
  encodeQuery,
  encodeSample,
} from '../../src/domain/cloudEvents.js';
import type { Command } from '../../src/domain/messages/command.js';
import type { LetheEvent } from '../../src/domain/messages/event.js';
import type { OutgoingRecord } from '../../src/domain/record.js';
import type { TopicRole, Topics } from '../../src/domain/topics.js';
import type { Random } from '../../src/model/ssre/random.js';
import { around } from '../support/processing.js';
import type { Raw, RawRecord } from '../support/recordBatch.js';

/** Components of a vector: the pixels of a small image. */
export const DIMENSION = 192;
/** In the ids, tasks and classes of everything that no good client wrote. */
export const FOREIGN = 'storm-foreign';

/** A record that is not written yet, to be damaged in place. */
export interface Draft {
  key: Raw;
  value: Raw;
  headers: [string | Uint8Array, Raw][];
  timestamp: bigint;
}

/** What a good client would write. */
export function draftOf({ key, value, headers }: OutgoingRecord): Draft {
  return { key, value, headers: Object.entries(headers), timestamp: BigInt(Date.now()) };
}

export function toRaw({ key, value, headers, timestamp }: Draft): RawRecord {
  return { key, value, headers, timestamp };
}

export const oneOf = <T>(all: readonly [T, ...T[]], random: Random): T =>
  all[random.below(all.length)] ?? all[0];

/** Where foreign vectors lie: away from those of the good classes. */
const FOREIGN_AXIS = 120;
const FOREIGN_LABELS = 20;

/**
 * A whole record of a topic that no good client wrote. It names nothing that the good traffic depends on, but in samples: they
 * may name classes that are learned, in a task that is not theirs.
 */
export function foreignRecord(
  role: TopicRole,
  { topics, modelName, taken }: { topics: Topics; modelName: string; taken: readonly string[] },
  random: Random,
  serial: number,
): OutgoingRecord {
  const id = `${FOREIGN}-${serial}`;
  const label = `${FOREIGN}-label-${random.below(FOREIGN_LABELS)}`;
  const vector = around(FOREIGN_AXIS + random.below(60), random.below(1000), DIMENSION);
  const payload = { kind: 'vector' as const, vector };
  const known = taken[random.below(3 * taken.length)];
  const error = { code: 'internal', message: 'forged', remedy: 'none' } as const;
  const modelVersion = 'v9999-ffffffff';
  const model = {
    version: modelVersion,
    task: FOREIGN,
    classes: [FOREIGN],
    checkpoint: `redis:${modelVersion}`,
    sha256: 'f'.repeat(64),
    dimension: DIMENSION,
    backend: 'wasm',
  };
  switch (role) {
    case 'samples':
      return encodeSample({ id, label: known ?? label, task: FOREIGN, payload }, topics);
    case 'queries':
      return encodeQuery({ id, payload, ...(random.below(2) && { truth: label }) }, topics);
    case 'commands':
      return encodeCommand(foreignCommand(id, label, random), modelName, topics);
    case 'predictions': {
      const evidence = {
        filtered: false,
        guarded: false,
        unlearnedSimilarity: null,
        remainingSimilarity: 0.5,
      };
      return encodePrediction(
        {
          ...{ queryId: id, label, probabilities: [{ label, probability: 1 }], route: 'model', evidence },
          ...{ modelVersion, registryVersion: 1e9, latencyMs: 1 },
        },
        topics,
      );
    }
    case 'events': {
      const events: readonly [LetheEvent, ...LetheEvent[]] = [
        { kind: 'task-failed', task: FOREIGN, error },
        { kind: 'model-published', model },
        { kind: 'task-announced', task: id, classes: [label], samples: 1e9 },
        {
          kind: 'unlearned',
          ...{ commandId: id, by: 'name', classes: [{ name: label, moved: 1 }], registryVersion: 1e9, ms: 1 },
        },
      ];
      return encodeEvent(oneOf(events, random), modelName, topics);
    }
    case 'models':
      return encodeModelVersion(model, modelName, topics);
    case 'dead-letters': {
      const sample = encodeSample({ id, label, task: FOREIGN, payload }, topics);
      const why = {
        ...{ 'lethe-topic': FOREIGN, 'lethe-partition': '0', 'lethe-offset': String(serial) },
        ...{ 'lethe-reason': 'internal', 'lethe-message': 'forged', 'lethe-remedy': 'none' },
        'lethe-time': '2026-01-31T12:00:00Z',
      };
      return { ...sample, topic: topics['dead-letters'], headers: { ...sample.headers, ...why } };
    }
    case 'audit': {
      const value = Buffer.from(
        JSON.stringify({
          ...{ sequence: serial, previous: 'e'.repeat(64), time: '2026-01-31T12:00:00.000Z' },
          ...{ model: modelName, position: `${FOREIGN}/0/${serial}` },
          told: { of: 'command', id, actor: 'mallory\u001b[2J', body: { kind: 'unlearn', classes: [label] } },
        }),
      );
      const headers = { ce_id: id, ce_type: 'lethe.audit', ce_source: '/x', ce_specversion: '1.0' };
      return { topic: topics.audit, key: modelName, value, headers };
    }
  }
}

function foreignCommand(id: string, label: string, random: Random): Command {
  const classes = [`${label}-never-learned`];
  // Each leaves a task and a class behind, that wait for samples.
  if (random.below(40) === 0) return { id, kind: 'learn', task: id, classes: [id], samples: 2 };
  return oneOf<Command>(
    [
      { id, kind: 'unlearn', classes },
      { id, kind: 'relearn', classes },
      { id, kind: 'erase', classes, now: true },
      { id, kind: 'unlearn', samples: [id, `${id}-2`] },
      { id, kind: 'unlearn', subject: id },
      { id, kind: 'unlearn', examples: [{ vector: [1, 2, 3] }] },
      { id, kind: 'unlearn', examples: [{ contentType: 'image/png', base64: 'AAAA' }] },
    ],
    random,
  );
}
