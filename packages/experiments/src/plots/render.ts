import type { TopLevelSpec } from 'vega-lite';
import { theme } from './theme.js';

/** A Vega-Lite specification without its schema and config, which {@link renderSvg} adds. */
export type PlotSpec = TopLevelSpec;

/**
 * Compiles and draws a Vega-Lite specification without a browser or a canvas.
 * @returns a self-contained SVG document as text; its accessible name is the specification's `description`
 */
export async function renderSvg(spec: PlotSpec): Promise<string> {
  // Half a second of loading, for those alone who draw.
  const [{ parse, View }, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  const view = new View(parse(compile(spec, { config: theme }).spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}
