import type { EventLog } from '../../eventLog.js';
import { createLocalLog, type LocalLogOptions } from '../../memory/log/localLog.js';
import type { DiskFile } from '../file.js';
import { diskStorage } from './diskStorage.js';

/**
 * The event log in a file: its records, the groups' positions and what is settled outlive the process, each settlement with its
 * outputs in one step. Records are read from the file when someone reads them: memory stays small, however much is kept.
 * @param file stays open when the log is closed
 */
export function createDiskLog(options: LocalLogOptions, file: DiskFile): EventLog {
  return createLocalLog(options, diskStorage(file));
}
