import { endianness } from 'node:os';
import type { Linear, SsreState } from '../ssre/network.js';
import { DIRECTIONS } from '../ssre/prototypes.js';
import type { StoredArray } from './manifest.js';

/** An array with the name and shape under which a checkpoint holds it. */
export interface NamedArray<T = Float32Array> {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: T;
}

/** The arrays of a state, in the order in which a checkpoint holds them. */
export function arraysOf({ classes, trunk, head, prototypes }: SsreState): NamedArray[] {
  const width = trunk.stem.outputs;
  const ofLayer = (name: string, { inputs, outputs, weights, bias }: Linear): NamedArray[] => [
    { name: `${name}.weights`, shape: [inputs, outputs], values: weights },
    { name: `${name}.bias`, shape: [outputs], values: bias },
  ];
  const joined = (rows: readonly Float32Array[]): Float32Array => {
    const size = rows[0]?.length ?? 0;
    const all = new Float32Array(rows.length * size);
    rows.forEach((row, index) => {
      all.set(row, index * size);
    });
    return all;
  };
  return [
    ...ofLayer('stem', trunk.stem),
    ...trunk.blocks.flatMap(({ first, second }, index) => [
      ...ofLayer(`blocks.${index}.first`, first),
      ...ofLayer(`blocks.${index}.second`, second),
    ]),
    { name: 'head.rows', shape: [classes.length, width], values: head.rows },
    { name: 'head.bias', shape: [classes.length], values: head.bias },
    {
      name: 'prototypes.mean',
      shape: [classes.length, width],
      values: joined(prototypes.map(({ mean }) => mean)),
    },
    {
      name: 'prototypes.spread',
      shape: [classes.length * DIRECTIONS, width],
      values: joined(prototypes.map(({ spread }) => spread)),
    },
  ];
}

/** How many arrays a state with so many blocks has: two of the stem, four of each block, two of the head, two of prototypes. */
export function arraysWith(blocks: number): number {
  return 6 + 4 * blocks;
}

/** The expected arrays of a state: names and shapes, from the sizes in the manifest. */
export function expectedArrays(
  sizes: { readonly dimension: number; readonly width: number; readonly blocks: number },
  classes: number,
): StoredArray[] {
  const { dimension, width, blocks } = sizes;
  const ofLayer = (name: string, inputs: number): [string, number[]][] => [
    [`${name}.weights`, [inputs, width]],
    [`${name}.bias`, [width]],
  ];
  return laidOut([
    ...ofLayer('stem', dimension),
    ...Array.from({ length: blocks }, (_, index) => [
      ...ofLayer(`blocks.${index}.first`, width),
      ...ofLayer(`blocks.${index}.second`, width),
    ]).flat(),
    ['head.rows', [classes, width]],
    ['head.bias', [classes]],
    ['prototypes.mean', [classes, width]],
    ['prototypes.spread', [classes * DIRECTIONS, width]],
  ]);
}

/** Arrays of these names and shapes, one after the other. */
export function laidOut(shapes: readonly (readonly [string, readonly number[]])[]): StoredArray[] {
  let offset = 0;
  return shapes.map(([name, shape]) => {
    const array = { name, shape: [...shape], offset };
    offset += sizeOf(array);
    return array;
  });
}

/** How many numbers an array has. */
export function sizeOf({ shape }: Pick<StoredArray, 'shape'>): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The numbers as little-endian bytes, one array after the other. */
export function encoded(arrays: readonly { readonly values: Float32Array | Float64Array }[]): Buffer {
  const bytes = Buffer.concat(
    arrays.map(({ values }) => Buffer.from(values.buffer, values.byteOffset, values.byteLength)),
  );
  const wide = arrays[0]?.values instanceof Float64Array;
  return swapped(bytes, wide);
}

/** The numbers of little-endian bytes (four for each), in memory of their own. */
export function decoded(bytes: Buffer): Float32Array {
  const own = new Uint8Array(bytes);
  swapped(Buffer.from(own.buffer), false);
  return new Float32Array(own.buffer);
}

/** {@link decoded} for numbers of eight bytes. */
export function decodedDoubles(bytes: Buffer): Float64Array {
  const own = new Uint8Array(bytes);
  swapped(Buffer.from(own.buffer), true);
  return new Float64Array(own.buffer);
}

/** The same bytes, from this machine's order to little-endian or back. */
function swapped(bytes: Buffer, wide: boolean): Buffer {
  if (endianness() === 'LE') return bytes;
  return wide ? bytes.swap64() : bytes.swap32();
}
