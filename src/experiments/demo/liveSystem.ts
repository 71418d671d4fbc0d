import type { Topics } from '../../domain/topics.js';
import type { EventLog } from '../../streams/transports/eventLog.js';

/** What the play needs of a running Lethe. */
export interface LiveSystem {
  readonly log: EventLog;
  readonly topics: Topics;
  readonly modelName: string;
}
