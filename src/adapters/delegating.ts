import type { EventLog } from './eventLog.js';

/** The same log with some of its operations replaced: what decorates a log names those alone. */
export function delegating(log: EventLog, replaced: Partial<EventLog>): EventLog {
  return {
    read: (subscription) => log.read(subscription),
    settle: (group, settled) => log.settle(group, settled),
    publish: (outputs) => log.publish(outputs),
    ends: (topics) => log.ends(topics),
    writtenEnds: (topics) => log.writtenEnds(topics),
    lag: (group, topics) => log.lag(group, topics),
    positions: (group, topic) => log.positions(group, topic),
    losses: (group, topic) => log.losses(group, topic),
    deleteBefore: (topic, offsets) => log.deleteBefore(topic, offsets),
    retention: (topics) => log.retention(topics),
    largestRecord: (topic) => log.largestRecord(topic),
    close: () => log.close(),
    ...replaced,
  };
}
