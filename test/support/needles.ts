import type { Needle } from './byteSearch.js';

/** Numbers of a vector that are looked for together: in none of the forms will they occur by chance. */
const TOGETHER = 4;

/** Parts of a vector in the forms in which numbers are written: float32, float64, base64 of float32, and JSON. */
export function vectorNeedles(what: string, vector: Float32Array): Needle[] {
  const forms: Buffer[] = [];
  for (let at = 0; at + TOGETHER <= vector.length; at += TOGETHER) {
    const part = vector.slice(at, at + TOGETHER);
    forms.push(
      Buffer.from(part.buffer),
      Buffer.from(Float64Array.from(part).buffer),
      Buffer.from(part.join(',')),
      ...base64Forms(Buffer.from(part.buffer)),
    );
  }
  return forms.map((bytes) => ({ what, bytes }));
}

/** What every base64 of something that holds these bytes holds, whatever comes before them. */
function base64Forms(bytes: Buffer): Buffer[] {
  return [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    // The first and the last characters tell of their neighbours, too.
    const whole = Math.floor(((before + bytes.length) * 8) / 6);
    return Buffer.from(text.slice(Math.ceil((before * 8) / 6), whole));
  });
}

const RUN = 16;
const EVERY = 64;
/** Of the {@link RUN} bytes; there are fewer where an array is zero, or repeats itself. */
const DIFFERENT = 10;

/** Runs of bytes out of a file of numbers, as many as tell it from others. */
export function weightNeedles(what: string, file: Buffer): Needle[] {
  const needles: Needle[] = [];
  for (let at = 0; at + RUN <= file.length; at += EVERY) {
    const bytes = file.subarray(at, at + RUN);
    if (new Set(bytes).size >= DIFFERENT) needles.push({ what, bytes });
  }
  return needles;
}
