/** What the embedder of a Lethe embeds. Vectors are accepted in addition, ready-made; `vectors`: there is no network. */
export const TAKES = ['images', 'texts', 'vectors'] as const;
export type Takes = (typeof TAKES)[number];
