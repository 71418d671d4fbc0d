import { decodePrediction } from '../../src/domain/cloudEvents.js';
import { deadLetterHeadersSchema } from '../../src/domain/messages/deadLetter.js';
import type { LogRecord } from '../../src/domain/record.js';
import type { Times } from './workload.js';

/** How often each id was asked and answered. */
export interface Counts {
  readonly unanswered: string[];
  readonly answeredTooOften: string[];
  readonly neverAsked: string[];
}

const counted = (ids: readonly string[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
};

/** A query that was written twice is answered twice; that is what its producer asked for. */
export function compareCounts(asked: readonly string[], answered: readonly string[]): Counts {
  const [questions, answers] = [counted(asked), counted(answered)];
  return {
    unanswered: [...questions].filter(([id, times]) => (answers.get(id) ?? 0) < times).map(([id]) => id),
    answeredTooOften: [...questions]
      .filter(([id, times]) => (answers.get(id) ?? 0) > times)
      .map(([id]) => id),
    neverAsked: [...answers.keys()].filter((id) => !questions.has(id)),
  };
}

/**
 * Answers that name a class in any place although the query was sent after the event `unlearned` had been read, and the
 * answer written before anyone asked for the class again.
 */
export function namingUnlearned(predictions: readonly LogRecord[], { queried, changes }: Times): string[] {
  const times = [...changes].sort((a, b) => a.at - b.at);
  return predictions.flatMap((record) => {
    const { queryId, label, probabilities, registryVersion } = decodePrediction(record);
    const sent = queried.get(queryId) ?? 0;
    const named = new Set([label, ...probabilities.map((each) => each.label)]);
    return [...named].flatMap((name) => {
      const last = times.findLast((each) => each.name === name && each.at < sent);
      if (last?.kind !== 'unlearned') return [];
      const back = times.find(
        (each) => each.name === name && each.kind === 'relearning' && each.at >= last.at,
      );
      if (back && back.at <= record.timestamp) return [];
      return [`${queryId} names ${name}, ${sent - last.at} ms after its event, registry ${registryVersion}`];
    });
  });
}

/** Poison that is not a dead letter exactly once, and dead letters that were no poison and have no other reason to be one. */
export function wrongDeadLetters(
  letters: readonly LogRecord[],
  sources: readonly LogRecord[],
): { readonly missing: string[]; readonly twice: string[]; readonly undue: string[] } {
  const place = (topic: string, partition: number, offset: bigint | string): string =>
    `${topic}/${partition}/${offset}`;
  const poison = new Set(
    sources
      .filter(({ key }) => key?.startsWith('poison-'))
      .map(({ topic, partition, offset }) => place(topic, partition, offset)),
  );
  const found = letters.map(({ headers }) => {
    const origin = deadLetterHeadersSchema.parse(headers);
    return {
      at: place(origin['lethe-topic'], origin['lethe-partition'], origin['lethe-offset']),
      reason: origin['lethe-reason'],
    };
  });
  const counts = counted(found.map(({ at }) => at));
  return {
    missing: [...poison].filter((at) => !counts.has(at)),
    twice: [...counts].filter(([, times]) => times > 1).map(([at]) => at),
    // A sample that was sent twice may come a second time when its class is unlearned already.
    undue: found
      .filter(({ at, reason }) => !poison.has(at) && reason !== 'class-unlearned')
      .map(({ at, reason }) => `${at}: ${reason}`),
  };
}
