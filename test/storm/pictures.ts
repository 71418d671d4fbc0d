import { blankPng, jpeg } from '../support/images.js';

/** Files of images to be damaged. */
export interface Pictures {
  readonly jpeg: Buffer;
  readonly png: Buffer;
  /** Small as a file, tens of millions of pixels when decoded. */
  readonly bomb: Buffer;
}

export async function pictures(): Promise<Pictures> {
  return { jpeg: await jpeg(24), png: blankPng(24, 24), bomb: blankPng(60_000, 1200) };
}
