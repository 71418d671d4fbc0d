/** Wire types of protocol buffers. */
const VARINT = 0;
const LENGTH_DELIMITED = 2;
/** `AttributeProto.AttributeType.INT`. */
const INT_ATTRIBUTE = 2;
/** Values of `TensorProto.DataType`. */
const TYPES = { float32: 1, float64: 11 } as const;

/** A matrix that goes into an operator or comes out of it, with the names of its two sizes, which are free. */
export interface GraphMatrix {
  readonly name: string;
  readonly sizes: readonly [string, string];
}

/** An ONNX model of one operator over matrices. */
export interface OneOperator {
  /** E.g. `MatMul`. */
  readonly operator: string;
  readonly type: keyof typeof TYPES;
  readonly inputs: readonly GraphMatrix[];
  readonly output: GraphMatrix;
  readonly attributes?: Readonly<Record<string, number>>;
}

/** The model as bytes. Field numbers are those of onnx.proto3 (IR version 8, opset 13). */
export function oneOperatorModel({
  operator,
  type,
  inputs,
  output,
  attributes = {},
}: OneOperator): Uint8Array {
  const node = [
    ...inputs.flatMap(({ name }) => text(1, name)),
    ...text(2, output.name),
    ...text(4, operator),
    ...Object.entries(attributes).flatMap(([name, value]) =>
      message(5, [...text(1, name), ...integer(3, value), ...integer(20, INT_ATTRIBUTE)]),
    ),
  ];
  const graph = [
    ...message(1, node),
    ...text(2, operator),
    ...inputs.flatMap((input) => message(11, matrix(input, type))),
    ...message(12, matrix(output, type)),
  ];
  const irVersion = integer(1, 8);
  const opset = message(8, integer(2, 13));
  return Uint8Array.from([...irVersion, ...message(7, graph), ...opset]);
}

/** A `ValueInfoProto`. */
function matrix({ name, sizes }: GraphMatrix, type: OneOperator['type']): number[] {
  const shape = sizes.flatMap((size) => message(1, text(2, size)));
  const tensor = [...integer(1, TYPES[type]), ...message(2, shape)];
  return [...text(1, name), ...message(2, message(1, tensor))];
}

function text(field: number, value: string): number[] {
  return message(field, [...Buffer.from(value)]);
}

function message(field: number, bytes: readonly number[]): number[] {
  return [...varint((field << 3) | LENGTH_DELIMITED), ...varint(bytes.length), ...bytes];
}

function integer(field: number, value: number): number[] {
  return [...varint((field << 3) | VARINT), ...varint(value)];
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
}
