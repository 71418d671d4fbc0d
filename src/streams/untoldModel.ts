import { EMPTY, from, mergeMap, type Observable } from 'rxjs';
import { newestRecord } from '../adapters/newestRecord.js';
import { decodeModelVersion } from '../domain/cloudEvents.js';
import type { InTurn } from '../domain/inTurn.js';
import type { ModelVersion } from '../domain/messages/model.js';
import type { LogRecord } from '../domain/record.js';
import { announce } from './announce.js';
import type { Common } from './context.js';
import type { Signal } from './signal.js';

/**
 * Tells of the current model where the worker before made it current and died before it could tell, as after a revision or
 * a rebuild. The topic of the models itself says what was told. It takes the first turn, so that no newer model is told of
 * in between.
 */
export function untoldModel(context: Common, inTurn: InTurn): Observable<Signal> {
  const told = inTurn(async () => {
    const model = await untold(context);
    return model && announce(context)({ kind: 'model-published', model });
  });
  return from(told).pipe(mergeMap((signal) => (signal ? [signal] : EMPTY)));
}

async function untold({ store, log, topics }: Common): Promise<ModelVersion | null> {
  const { model, tasks } = await store.registry.refresh();
  // The model of a task that was not told of is told with it.
  if (!model || [...tasks.values()].some(({ state }) => state === 'finished')) return null;
  const newest = await newestRecord(log, topics.models, (record) => versionIn(record) !== null);
  return newest && versionIn(newest) === model.version ? null : model;
}

function versionIn(record: LogRecord): string | null {
  try {
    return decodeModelVersion(record).version;
  } catch {
    // Another program wrote it: it tells of no model.
    return null;
  }
}
