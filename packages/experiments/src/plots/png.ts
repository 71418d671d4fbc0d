/** Twice the resolution of a plot's own pixels, for a sharp picture on any screen. */
const DENSITY = 144;

/** An SVG plot as PNG. */
export async function pngOf(svg: string): Promise<Buffer> {
  const { default: sharp } = await import('sharp');
  return sharp(Buffer.from(svg), { density: DENSITY }).png().toBuffer();
}
