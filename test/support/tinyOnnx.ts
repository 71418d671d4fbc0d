/**
 * Writes ONNX files of a few operators, so that tests know the network's answer. Field numbers are those of onnx.proto.
 */
export interface TinyTensor {
  readonly name: string;
  /** A number is a fixed extent, a string a symbolic one. */
  readonly shape: readonly (number | string)[];
  readonly type?: 'float32' | 'uint8' | 'int64';
}

export interface TinyNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

export interface TinyGraph {
  readonly inputs: readonly TinyTensor[];
  readonly outputs: readonly TinyTensor[];
  readonly nodes: readonly TinyNode[];
  readonly constants?: readonly TinyConstant[];
}

/** Weights, float32. */
export interface TinyConstant {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

const ELEMENT_TYPES = { float32: 1, uint8: 2, int64: 7 };

/** The bytes of an ONNX model with this graph. */
export function onnxModel(graph: TinyGraph): Buffer {
  return Buffer.concat([
    number(1, 8),
    bytes(
      7,
      Buffer.concat([
        ...graph.nodes.map((node) => bytes(1, nodeProto(node))),
        text(2, 'tiny'),
        ...(graph.constants ?? []).map((constant) => bytes(5, tensorProto(constant))),
        ...graph.inputs.map((tensor) => bytes(11, valueInfo(tensor))),
        ...graph.outputs.map((tensor) => bytes(12, valueInfo(tensor))),
      ]),
    ),
    bytes(8, Buffer.concat([text(1, ''), number(2, 13)])),
  ]);
}

function nodeProto({ operator, inputs, outputs }: TinyNode): Buffer {
  return Buffer.concat([
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, operator),
  ]);
}

function tensorProto({ name, shape, values }: TinyConstant): Buffer {
  return Buffer.concat([
    ...shape.map((extent) => number(1, extent)),
    number(2, ELEMENT_TYPES.float32),
    text(8, name),
    bytes(9, Buffer.from(values.buffer, values.byteOffset, values.byteLength)),
  ]);
}

function valueInfo({ name, shape, type = 'float32' }: TinyTensor): Buffer {
  const dimensions = shape.map((extent) =>
    bytes(1, typeof extent === 'number' ? number(1, extent) : text(2, extent)),
  );
  const tensor = Buffer.concat([number(1, ELEMENT_TYPES[type]), bytes(2, Buffer.concat(dimensions))]);
  return Buffer.concat([text(1, name), bytes(2, bytes(1, tensor))]);
}

function number(field: number, value: number): Buffer {
  return Buffer.concat([varint(field << 3), varint(value)]);
}

function text(field: number, value: string): Buffer {
  return bytes(field, Buffer.from(value));
}

function bytes(field: number, value: Uint8Array): Buffer {
  return Buffer.concat([varint((field << 3) | 2), varint(value.length), value]);
}

function varint(value: number): Buffer {
  const digits: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) digits.push((rest % 128) | 128);
  return Buffer.from([...digits, rest]);
}
