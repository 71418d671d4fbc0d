import { z } from 'zod';
import type { KnownHolder } from './holders.js';

/**
 * State of the database files in an erasure: the result of a rewrite ({@link FILE_REWRITES}), or `due` if something
 * was deleted since.
 */
export const FILE_REWRITES = ['done', 'failed', 'begun', 'refused', 'none'] as const;
/**
 * Whether the files of a store were rewritten without the deleted data: `done`, and confirmed; `failed` repeatedly,
 * so they may still contain it; `begun` if the user of the store may not see the result; `refused` if the user may
 * not start a rewrite; `none` if there are no files.
 */
export type FileRewrite = (typeof FILE_REWRITES)[number];
export const FILES_STATES = [...FILE_REWRITES, 'due'] as const;
export type FilesState = (typeof FILES_STATES)[number];

/**
 * `done`: checked, and nothing of the class is there. `waiting`: not gone yet, or not checked yet. `failed`: it is
 * there, and Lethe retries. `kept`: it may be there, and Lethe does not delete it. `gone`: a person declared that the
 * place no longer exists.
 */
export const PLACE_STATES = ['done', 'waiting', 'failed', 'kept', 'gone'] as const;

/** When the bytes of deleted records leave the files of a log: settings of Kafka. */
export const removalSchema = z.object({
  /** `segment.ms`: the file that is written to is closed at the first record that comes after that time, */
  segmentMs: z.number(),
  /** or when it has so many bytes (`segment.bytes`). */
  segmentBytes: z.number(),
  /** `file.delete.delay.ms`: from the deletion of a closed file until its bytes are freed. */
  deleteDelayMs: z.number(),
});
export type Removal = z.infer<typeof removalSchema>;

/** A place that may hold something of an erased class, and its state. */
export const placeSchema = z.object({
  kind: z.enum(['database', 'checkpoints', 'files', 'worker', 'topic']),
  /** Its name, e.g. `DB-MU`, or that of a topic. */
  place: z.string(),
  state: z.enum(PLACE_STATES),
  /** Explanation: what was found, or what is missing. */
  detail: z.string(),
  /** Of a worker: the id of its folder, as `lethe workers` lists it. */
  holder: z.string().optional(),
});
export type Place = z.infer<typeof placeSchema>;

/** Whether an erasure need not wait for this place: it is final, or a topic. */
export function isSettled({ kind, state }: Place): boolean {
  return kind === 'topic' || (state !== 'waiting' && state !== 'failed');
}

/** @param vectors how many of the class were counted there */
export function databasePlace(place: 'DB-CIL' | 'DB-MU', vectors: number): Place {
  return vectors === 0
    ? { kind: 'database', place, state: 'done', detail: 'no vector of it' }
    : { kind: 'database', place, state: 'failed', detail: `${vectors} vectors of it` };
}

/** @param knowing versions of the shared checkpoints that know the class */
export function checkpointsPlace(knowing: readonly string[]): Place {
  const place = { kind: 'checkpoints', place: 'checkpoints' } as const;
  return knowing.length === 0
    ? { ...place, state: 'done', detail: 'none knows it' }
    : { ...place, state: 'failed', detail: `these know it: ${knowing.join(', ')}` };
}

const FILES: Readonly<Record<FilesState, Pick<Place, 'state' | 'detail'>>> = {
  done: { state: 'done', detail: 'rewritten' },
  none: { state: 'done', detail: 'the database keeps none' },
  due: { state: 'waiting', detail: 'to be rewritten' },
  failed: {
    state: 'failed',
    detail: 'the database could not rewrite them, and they may contain deleted vectors',
  },
  begun: {
    state: 'kept',
    detail: 'the database was asked to rewrite them, but Lethe has no permission to see the result (INFO)',
  },
  refused: {
    state: 'kept',
    detail:
      'they contain deleted vectors until the next rewrite; Lethe has no permission to start one (BGREWRITEAOF)',
  },
};

/** @param files undefined if nobody recorded it */
export function filesPlace(files: FilesState | undefined): Place {
  const place = { kind: 'files', place: 'database files' } as const;
  if (files !== undefined) return { ...place, ...FILES[files] };
  return {
    ...place,
    state: 'kept',
    detail: 'the version of Lethe that erased it did not record whether they were rewritten',
  };
}

/** @param since version of the registry at which the class was erased */
export function holderPlace(holder: KnownHolder, since: number): Place {
  const { id, worker, folder, gone, holds, confirmed, lookedAt, seenAt } = holder;
  const place = { kind: 'worker', place: `worker ${worker}`, holder: id } as const;
  if (gone) return { ...place, state: 'gone', detail: `declared gone; last seen ${seenAt}` };
  if (holds.length > 0)
    return { ...place, state: 'failed', detail: `${folder} holds ${holds.join(', ')}, checked ${lookedAt}` };
  return confirmed >= since && confirmed > 0
    ? { ...place, state: 'done', detail: `nothing of it in ${folder}, checked ${lookedAt}` }
    : { ...place, state: 'waiting', detail: `${folder} is not checked yet; last seen ${seenAt}` };
}
