/** CloudEvents types by message; those of events have the event's kind after them. */
export const TYPES = {
  sample: 'lethe.sample',
  query: 'lethe.query',
  command: 'lethe.command',
  prediction: 'lethe.prediction',
  event: 'lethe.event',
  model: 'lethe.model',
  audit: 'lethe.audit',
} as const;
