import { lastValueFrom } from 'rxjs';
import { keptNow } from '../adapters/keptNow.js';
import { LetheError } from '../domain/errors.js';
import type { LetheEvent } from '../domain/messages/event.js';
import { namingOneOf } from '../domain/namedClass.js';
import type { Place } from '../domain/places.js';
import type { LogRecord } from '../domain/record.js';
import { topicPlaces } from '../domain/topicPlaces.js';
import type { Common } from './context.js';

type Holding = Extract<LetheEvent, { kind: 'erased' }>['topics'];

/**
 * Counts the records of topics that name a class. Dead letters are read whole, and none that names it may be older than its
 * erasure; of what others keep it is said how many there are.
 * @param erasedAt when it was erased, RFC 3339; undefined where that is not known
 */
export async function topicsNaming(
  className: string,
  topics: Holding,
  erasedAt: string | undefined,
  { log, topics: roles }: Pick<Common, 'log' | 'topics'>,
): Promise<Place[]> {
  const isNamed = namingOneOf([className], roles);
  const places: Place[] = [];
  for (const [index, place] of topicPlaces(topics).entries()) {
    const count = { all: 0, before: 0 };
    const handle = async (record: LogRecord): Promise<void> => {
      if (!isNamed(record)) return;
      count.all++;
      if (erasedAt !== undefined && timeOf(record) <= Date.parse(erasedAt)) count.before++;
    };
    const unread = await lastValueFrom(keptNow(log, place.place, { handle }), {
      defaultValue: undefined,
    }).then(() => undefined, refusalIn);
    places.push(
      unread
        ? { ...place, detail: `its records could not be counted: ${unread.message}; ${place.detail}` }
        : counted(place, count, topics[index]?.records === 'kept'),
    );
  }
  return places;
}

/** A worker that answers may have no right to read commands, and a learner none to read queries. */
function refusalIn(error: unknown): LetheError {
  if (error instanceof LetheError && error.code === 'config-invalid') return error;
  throw error;
}

/** When a dead letter was written: it was deleted if that was before the erasure. */
function timeOf({ headers, timestamp }: LogRecord): number {
  const written = Date.parse(headers['lethe-time'] ?? '');
  return Number.isNaN(written) ? timestamp : written;
}

function counted(
  place: Place,
  { all, before }: { readonly all: number; readonly before: number },
  isKept: boolean,
): Place {
  if (isKept) return { ...place, detail: `${all} records name it; ${place.detail}` };
  if (before > 0)
    return { ...place, state: 'failed', detail: `${before} records from before the erasure name it` };
  if (all > 0) return { ...place, state: 'kept', detail: `${all} later records name it` };
  return { ...place, detail: `no record names it; ${place.detail}` };
}
