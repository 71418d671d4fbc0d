/** Data transferred to a closed port is freed immediately. */
const { port1: nowhere } = new MessageChannel();
nowhere.close();

/**
 * Frees the memory of bytes that nobody needs any more; afterwards they have length 0. V8 frees external memory late,
 * because it does not see its size; under a flood of bodies, that was as much again as the bodies themselves. Bytes
 * that share their memory with others are left to the garbage collector.
 */
export function freeMemory({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && byteLength > 0 && byteLength === buffer.byteLength)
    nowhere.postMessage(undefined, [buffer]);
}
