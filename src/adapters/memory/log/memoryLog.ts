import type { EventLog } from '../../eventLog.js';
import { createLocalLog, type LocalLogOptions } from './localLog.js';
import { MEMORY_STORAGE } from './memoryStorage.js';

/** The event log in the memory of this process: it ends with it. */
export function createMemoryLog(options: LocalLogOptions): EventLog {
  return createLocalLog(options, MEMORY_STORAGE);
}
