/** Wire types of protocol buffers. */
const VARINT = 0;
const LENGTH_DELIMITED = 2;
/** `TensorProto.DataType.FLOAT`. */
const FLOAT32 = 1;

/**
 * An ONNX model of one operator: `scores [rows, queries] = vectors [rows, dimension] x queries [dimension, queries]`.
 * All sizes are free. Field numbers are those of onnx.proto3 (IR version 8, opset 13).
 */
export function matrixProductModel(): Uint8Array {
  const node = [...text(1, 'vectors'), ...text(1, 'queries'), ...text(2, 'scores'), ...text(4, 'MatMul')];
  const graph = [
    ...message(1, node),
    ...text(2, 'knn'),
    ...message(11, matrix('vectors', 'rows', 'dimension')),
    ...message(11, matrix('queries', 'dimension', 'count')),
    ...message(12, matrix('scores', 'rows', 'count')),
  ];
  const irVersion = integer(1, 8);
  const opset = message(8, integer(2, 13));
  return Uint8Array.from([...irVersion, ...message(7, graph), ...opset]);
}

/** A `ValueInfoProto` of a float32 matrix with named sizes. */
function matrix(name: string, ...sizes: readonly string[]): number[] {
  const shape = sizes.flatMap((size) => message(1, text(2, size)));
  const tensor = [...integer(1, FLOAT32), ...message(2, shape)];
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
