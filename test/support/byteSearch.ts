/** A byte string that is looked for, and what it tells of. */
export interface Needle {
  readonly what: string;
  readonly bytes: Buffer;
}

/** A needle, and where in it the bytes are by which it is noticed. */
interface Anchored {
  readonly needle: Needle;
  readonly at: number;
}

/** By so many bytes is noticed that a needle may be here. */
const ANCHOR = 3;
const MASK = 2 ** (8 * ANCHOR) - 1;

/** Looks for many byte strings at once, in one pass over the bytes, however many there are. */
export class ByteSearch {
  readonly #byAnchor = new Map<number, Anchored[]>();
  /** Whether there is a needle with this anchor: keeps most positions from the map. */
  readonly #known = new Uint8Array(MASK + 1);

  /** @param needles of three bytes or more */
  constructor(needles: readonly Needle[]) {
    for (const needle of needles) {
      const at = this.#rarest(needle.bytes);
      const anchor = needle.bytes.readUIntBE(at, ANCHOR);
      const others = this.#byAnchor.get(anchor);
      if (others) others.push({ needle, at });
      else this.#byAnchor.set(anchor, [{ needle, at }]);
      this.#known[anchor] = 1;
    }
  }

  /** The needles that occur in the bytes. */
  in(bytes: Buffer): Set<Needle> {
    const found = new Set<Needle>();
    let anchor = 0;
    for (let end = 1; end <= bytes.length; end++) {
      anchor = ((anchor << 8) | (bytes[end - 1] as number)) & MASK;
      if (this.#known[anchor] === 0 || end < ANCHOR) continue;
      for (const { needle, at } of this.#byAnchor.get(anchor) ?? []) {
        const start = end - ANCHOR - at;
        if (start >= 0 && bytes.subarray(start, start + needle.bytes.length).equals(needle.bytes))
          found.add(needle);
      }
    }
    return found;
  }

  /** Zeros and what repeats itself are everywhere; else the bytes that fewest other needles have. */
  #rarest(bytes: Buffer): number {
    let best = { at: 0, cost: Number.POSITIVE_INFINITY };
    for (let at = 0; at + ANCHOR <= bytes.length; at++) {
      const isPlain = new Set(bytes.subarray(at, at + ANCHOR)).size < ANCHOR;
      const cost = (isPlain ? MASK : 0) + (this.#byAnchor.get(bytes.readUIntBE(at, ANCHOR))?.length ?? 0);
      if (cost < best.cost) best = { at, cost };
      if (cost === 0) break;
    }
    return best.at;
  }
}
