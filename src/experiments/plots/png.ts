import sharp from 'sharp';

/** Twice the resolution of a plot's own pixels, for a sharp picture on any screen. */
const DENSITY = 144;

/** An SVG plot as PNG. */
export function pngOf(svg: string): Promise<Buffer> {
  return sharp(Buffer.from(svg), { density: DENSITY }).png().toBuffer();
}
