import { endianness } from 'node:os';
import type { Linear, SsreState } from '../ssre/network.js';
import { DIRECTIONS } from '../ssre/prototypes.js';
import type { StoredArray } from './manifest.js';

/** An array with the name and shape under which a checkpoint holds it. */
export interface NamedArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
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

/** What the arrays of a state must be: names and shapes, from the sizes in the manifest. */
export function expectedArrays(
  sizes: { readonly dimension: number; readonly width: number; readonly blocks: number },
  classes: number,
): StoredArray[] {
  const { dimension, width, blocks } = sizes;
  const ofLayer = (name: string, inputs: number): [string, number[]][] => [
    [`${name}.weights`, [inputs, width]],
    [`${name}.bias`, [width]],
  ];
  const shapes: [string, number[]][] = [
    ...ofLayer('stem', dimension),
    ...Array.from({ length: blocks }, (_, index) => [
      ...ofLayer(`blocks.${index}.first`, width),
      ...ofLayer(`blocks.${index}.second`, width),
    ]).flat(),
    ['head.rows', [classes, width]],
    ['head.bias', [classes]],
    ['prototypes.mean', [classes, width]],
    ['prototypes.spread', [classes * DIRECTIONS, width]],
  ];
  let offset = 0;
  return shapes.map(([name, shape]) => {
    const array = { name, shape, offset };
    offset += shape.reduce((product, size) => product * size, 1);
    return array;
  });
}

/** The numbers as little-endian bytes, one array after the other. */
export function encoded(arrays: readonly Pick<NamedArray, 'values'>[]): Buffer {
  const bytes = Buffer.concat(
    arrays.map(({ values }) => Buffer.from(values.buffer, values.byteOffset, values.byteLength)),
  );
  return endianness() === 'LE' ? bytes : bytes.swap32();
}

/** The numbers of little-endian bytes, in memory of their own. */
export function decoded(bytes: Buffer): Float32Array {
  const own = new Uint8Array(bytes);
  if (endianness() === 'BE') Buffer.from(own.buffer).swap32();
  return new Float32Array(own.buffer);
}
