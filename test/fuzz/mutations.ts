import fc from 'fast-check';

/** A change of a file: what, where (as a share of its length), and with which number. */
interface Mutation {
  readonly kind: 'flip' | 'byte' | 'number' | 'cut' | 'insert' | 'repeat' | 'remove';
  readonly at: number;
  readonly value: number;
}

/** Numbers at which lengths and counts go wrong. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom('flip', 'byte', 'number', 'cut', 'insert', 'repeat', 'remove'),
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  value: fc.oneof(fc.constantFrom(...EDGES), fc.nat(0xffffffff)),
});

/** One of these files, as it is or damaged in up to six places; sometimes bytes that are no file at all. */
export function mutated(files: readonly Uint8Array[]): fc.Arbitrary<Buffer> {
  const damaged = fc
    .tuple(fc.constantFrom(...files), fc.array(mutation, { maxLength: 6 }))
    .map(([file, mutations]) => mutations.reduce(applied, Buffer.from(file)));
  return fc.oneof({ weight: 15, arbitrary: damaged }, { weight: 1, arbitrary: bytes() });
}

export function bytes(maxLength = 200): fc.Arbitrary<Buffer> {
  return fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));
}

function applied(file: Buffer, { kind, at, value }: Mutation): Buffer {
  const place = Math.floor(at * file.length);
  const before = file.subarray(0, place);
  const some = (value % 64) + 1;
  switch (kind) {
    case 'flip':
    case 'byte': {
      const copy = Buffer.from(file);
      if (copy.length > 0)
        copy[place] = kind === 'byte' ? value & 255 : (copy[place] as number) ^ (1 << (value % 8));
      return copy;
    }
    case 'number': {
      const copy = Buffer.from(file);
      if (place + 4 <= copy.length) {
        if (value % 2) copy.writeUInt32BE(value, place);
        else copy.writeUInt32LE(value, place);
      }
      return copy;
    }
    case 'cut':
      return before;
    case 'insert':
      return Buffer.concat([before, Buffer.alloc(some, value & 255), file.subarray(place)]);
    case 'repeat':
      return Buffer.concat([file.subarray(0, place + some), file.subarray(place)]);
    case 'remove':
      return Buffer.concat([before, file.subarray(place + some)]);
  }
}
