import { z } from 'zod';
import { sha256 } from '../../../domain/auditChain.js';
import { EMPTY_REGISTRY, type RegistrySnapshot } from '../../../domain/classes.js';
import { MemoryHolders } from '../../memory/store/memoryHolders.js';
import { MemoryRegistry } from '../../memory/store/memoryRegistry.js';
import { MemoryVectors } from '../../memory/store/memoryVectors.js';
import { damaged } from '../errors.js';
import type { DiskFile } from '../file.js';
import { jsonOf } from '../json.js';
import {
  classRecordOf,
  classRow,
  filterLevelOf,
  floatsOf,
  goneRow,
  holderRow,
  idRow,
  receiptOf,
  receiptRow,
  refusedRow,
  SINGLES,
  type Single,
  type SingleName,
  taskRecordOf,
  taskRow,
  vectorRow,
} from './rows.js';

const detectorRow = z.object({ value: z.instanceof(Uint8Array).transform((value) => Buffer.from(value)) });

/** What a file holds, in memory as the store in memory has it. */
export function loaded(file: DiskFile, dimension: number) {
  const vectors = loadedVectors(file, dimension);
  const holders = new MemoryHolders();
  for (const { holder } of file.rows(holderRow, 'SELECT holder FROM holder')) holders.noteNow(holder);
  holders.goneNow(
    file.rows(goneRow, 'SELECT id, seen_at FROM gone').map(({ id, seen_at: seenAt }) => ({ id, seenAt })),
  );
  const detector = file.row(detectorRow, "SELECT value FROM single WHERE name = 'detector'")?.value ?? null;
  const registry = new MemoryRegistry((id) => vectors.has(id), holders, {
    snapshot: loadedSnapshot(file, detector),
    receipts: file.rows(receiptRow, 'SELECT receipt FROM receipt').map(receiptOf),
    detector,
  });
  for (const { task, id, position } of file.rows(refusedRow, 'SELECT task, id, position FROM refused'))
    registry.noteRefusedNow(task, [{ id: id === '' ? undefined : id, position }]);
  return { vectors, holders, registry };
}

function loadedVectors(file: DiskFile, dimension: number): MemoryVectors {
  const vectors = new MemoryVectors(dimension);
  const rows = file.each(
    vectorRow,
    'SELECT id, database, class, task, subject, vector FROM vector JOIN embedding USING (n) ORDER BY n',
  );
  for (const { id, database, class: className, task, subject, vector: bytes } of rows) {
    if (bytes.length !== dimension * Float32Array.BYTES_PER_ELEMENT)
      throw damaged(file.path, `the vector ${id} has ${bytes.length} bytes`);
    const vector = floatsOf(bytes);
    vectors.upsertNow(database, [{ id, className, task, vector, ...(subject !== null && { subject }) }]);
  }
  vectors.withdrawNow(file.rows(idRow, 'SELECT id FROM withdrawn').map(({ id }) => id));
  return vectors;
}

function loadedSnapshot(file: DiskFile, detector: Uint8Array | null): RegistrySnapshot {
  const classes = file.rows(classRow, 'SELECT record, centroid FROM class ORDER BY seen').map(classRecordOf);
  const tasks = file.rows(taskRow, 'SELECT record FROM task ORDER BY seen').map(taskRecordOf);
  return {
    version: single(file, 'version') ?? EMPTY_REGISTRY.version,
    classes: new Map(classes.map((record) => [record.name, record])),
    tasks: new Map(tasks.map((record) => [record.name, record])),
    model: single(file, 'model') ?? null,
    filterLevel: filterLevelOf(single(file, 'filterLevel')),
    detector: detector && sha256(detector),
    knownLevel: single(file, 'knownLevel') ?? null,
  };
}

/** A value of which there is one; undefined where it was never written. */
export function single<N extends SingleName>(file: DiskFile, name: N): Single<N> | undefined {
  const row = z.object({ value: jsonOf<Single<N>>(SINGLES[name]) });
  return file.row(row, 'SELECT value FROM single WHERE name = ?', name)?.value;
}
