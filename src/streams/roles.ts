/** What a worker does: learn and carry out commands, answer queries, or both. */
export const ROLES = ['learn', 'infer', 'all'] as const;
export type Role = (typeof ROLES)[number];
