/** What is handed over to a port that is closed is gone at once. */
const { port1: nowhere } = new MessageChannel();
nowhere.close();

/**
 * Frees the memory of bytes that no one needs any more: they have a length of 0 afterwards. V8 frees what lies outside of its heap
 * late, since it does not see how much waits there; under a flood of bodies that was as much again as the bodies themselves.
 * Bytes that share their memory with others are left to the garbage collector.
 */
export function freeMemory({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && byteLength > 0 && byteLength === buffer.byteLength)
    nowhere.postMessage(undefined, [buffer]);
}
