/** How images reach the wanted size; part of the identity of whatever is computed from them. */
export const RESIZING = { fit: 'cover', shrinking: 'cubic', enlarging: 'catmull-rom' } as const;
