import type { Prototype } from './network.js';
import { momentsOf } from './standardise.js';

/**
 * The prototype of each class: mean and spread of its features over the task's vectors.
 * @param features shape [n, width]
 * @param labels n class numbers, from 0 to `classes` - 1, each of which occurs
 */
export function prototypesOf(
  features: Float32Array,
  labels: Int32Array,
  classes: number,
  width: number,
): Prototype[] {
  const counts = new Uint32Array(classes);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  const rows = Array.from(counts, (count) => new Float32Array(count * width));
  const filled = new Uint32Array(classes);
  labels.forEach((label, index) => {
    const at = filled[label] as number;
    rows[label]?.set(features.subarray(index * width, (index + 1) * width), at * width);
    filled[label] = at + 1;
  });
  return rows.map((ofClass) => momentsOf(ofClass, width));
}
