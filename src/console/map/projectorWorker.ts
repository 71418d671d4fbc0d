import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { rowOf } from '../../domain/vector.js';
import { fitPlane, type Plane, type PlanePoint } from '../../model/projection.js';
import type { ProjectorReply, ProjectorRequest, ProjectorSettings } from './protocol.js';
import { randomReduction } from './reduce.js';

/** The thread that draws the map: one request after the other. */
const port = parentPort;
if (port === null) throw new Error('projectorWorker runs as a worker thread only');

const COMPONENTS = 96;
const NEIGHBOURS = 15;
const LEAST_PRIORITY = 19;

// On Linux this is the thread's own priority: queries and training go first. Elsewhere it would be the process's.
if (process.platform === 'linux') setPriority(LEAST_PRIORITY);

const { seed, dimension } = workerData as ProjectorSettings;
const reduce = randomReduction(dimension, COMPONENTS, seed);
let plane: Plane | undefined;

function answer(request: ProjectorRequest): readonly PlanePoint[] {
  const count = request.vectors.length / dimension;
  const vectors = Array.from({ length: count }, (_, row) => reduce(rowOf(request.vectors, row, dimension)));
  if (request.kind === 'fit') return makePlane(vectors, request.rows);
  if (!plane) throw new Error('there is no plane yet');
  return plane.place(vectors);
}

function makePlane(vectors: readonly Float32Array[], rows: readonly number[]): readonly PlanePoint[] {
  const chosen = new Set(rows);
  const others = [...vectors.keys()].filter((row) => !chosen.has(row));
  const at = (row: number): Float32Array => vectors[row] as Float32Array;
  plane = fitPlane(rows.map(at), { seed, neighbours: Math.min(NEIGHBOURS, rows.length - 1) });
  const points = new Array<PlanePoint>(vectors.length);
  const put = (places: readonly PlanePoint[], at: readonly number[]): void =>
    places.forEach((place, index) => {
      points[at[index] as number] = place;
    });
  put(plane.points, rows);
  put(plane.place(others.map(at)), others);
  return points;
}

port.on('message', (request: ProjectorRequest) => {
  let reply: ProjectorReply;
  try {
    reply = { ok: true, points: answer(request) };
  } catch (error) {
    reply = { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
  port.postMessage(reply);
});
