/** What made the vectors of a deployment: those of two embedders must not be mixed. */
export interface EmbedderIdentity {
  /** Its name. */
  readonly embedder: string;
  /** Components of its vectors. */
  readonly dimension: number;
  /** Of its weights and preprocessing. Deployments that began with Lethe 0.1.0, and ready-made vectors, have none. */
  readonly fingerprint?: string | undefined;
}

/** Whether both give the same vectors: by fingerprint where both have one, otherwise by name. */
export function isSameEmbedder(
  known: EmbedderIdentity,
  { embedder, dimension, fingerprint }: EmbedderIdentity,
): boolean {
  if (known.dimension !== dimension) return false;
  return known.fingerprint !== undefined && fingerprint !== undefined
    ? known.fingerprint === fingerprint
    : known.embedder === embedder;
}

/** Whose the vectors are, and whose they are not. */
export function embeddersInWords(known: EmbedderIdentity, { embedder, dimension }: EmbedderIdentity): string {
  const other =
    known.embedder === embedder && known.dimension === dimension
      ? `${embedder} with other weights or another preprocessing`
      : `${embedder} (dimension ${dimension})`;
  return `of ${known.embedder} (dimension ${known.dimension}), not of ${other}`;
}
