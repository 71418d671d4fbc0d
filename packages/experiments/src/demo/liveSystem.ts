import type { EventLog } from 'lethe/internal/adapters/eventLog.js';
import type { Topics } from 'lethe/internal/domain/topics.js';

/** What the play needs of a running Lethe. */
export interface LiveSystem {
  readonly log: EventLog;
  readonly topics: Topics;
  readonly modelName: string;
}
