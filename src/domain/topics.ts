/** The topics of one deployment, by role. */
export const TOPIC_ROLES = [
  'samples',
  'commands',
  'queries',
  'predictions',
  'events',
  'models',
  'dead-letters',
  'audit',
] as const;
export type TopicRole = (typeof TOPIC_ROLES)[number];
export type Topics = Readonly<Record<TopicRole, string>>;

/** Topic names under `prefix`, e.g. `lethe.samples`. */
export function topicsUnder(prefix: string): Topics {
  const name = (role: TopicRole): string => `${prefix}${role}`;
  return {
    samples: name('samples'),
    commands: name('commands'),
    queries: name('queries'),
    predictions: name('predictions'),
    events: name('events'),
    models: name('models'),
    'dead-letters': name('dead-letters'),
    audit: name('audit'),
  };
}
