/** A decoded image: 8-bit RGB, rows from the top, channels interleaved. `data` has width * height * 3 bytes. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}
