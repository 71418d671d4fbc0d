/** The first bytes of each format of image, which tell it. */
export const MAGIC = {
  png: Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
  jpeg: Buffer.from([0xff, 0xd8, 0xff, 0xe0]),
  webp: Buffer.from('RIFF\x04\0\0\0WEBP', 'latin1'),
  gif: Buffer.from('GIF89a', 'latin1'),
} as const;
