import type { DatabaseName } from 'lethe/internal/adapters/vectorDatabase.js';
import { percentile } from '../metrics/percentile.js';
import { renderSvg } from './render.js';
import { palette } from './theme.js';

/** A vector's place on the map. */
export interface MapPoint {
  readonly x: number;
  readonly y: number;
  readonly className: string;
  readonly database: DatabaseName;
}

/** One panel of the map: the databases at one moment. */
export interface MapPanel {
  readonly title: string;
  readonly points: readonly MapPoint[];
}

/** What {@link embeddingMap} shows: panels that share one projection, and all classes in a fixed order. */
export interface EmbeddingMapData {
  readonly panels: readonly MapPanel[];
  /** At most eight. */
  readonly classes: readonly string[];
}

const COLOURS = [
  palette.blue,
  palette.orange,
  palette.green,
  palette.purple,
  palette.sky,
  palette.vermilion,
  palette.grey,
  palette.black,
];
const DATABASES: Readonly<Record<DatabaseName, string>> = {
  cil: 'DB-CIL (known)',
  mu: 'DB-MU (unlearned)',
};

const NAME = { fontSize: 12, fontWeight: 600, color: '#1f2933' } as const;

/** The databases as a map, panels side by side: colour is the class, a cross is a vector in DB-MU. SVG. */
export function embeddingMap({ panels, classes }: EmbeddingMapData): Promise<string> {
  const points = panels.flatMap((panel) => panel.points);
  const extent = (axis: 'x' | 'y'): [number, number] => [
    Math.min(...points.map((point) => point[axis])),
    Math.max(...points.map((point) => point[axis])),
  ];
  const place = (axis: 'x' | 'y') => ({
    field: axis,
    type: 'quantitative' as const,
    scale: { domain: extent(axis), zero: false, padding: 34 },
    axis: null,
  });
  const names = (points: readonly MapPoint[]) => ({
    data: { values: classCentres(points) },
    encoding: { x: place('x'), y: place('y'), text: { field: 'className', type: 'nominal' as const } },
  });
  return renderSvg({
    description: `Two-dimensional map of the stored vectors: ${panels.map(({ title }) => title).join('; ')}.`,
    spacing: 20,
    hconcat: panels.map(({ title, points }) => ({
      title: { text: title, frame: 'group' },
      width: 400,
      height: 380,
      view: { stroke: '#cbd2d9' },
      layer: [
        {
          data: { values: points.map((point) => ({ ...point, database: DATABASES[point.database] })) },
          mark: { type: 'point', filled: true, opacity: 0.8 },
          encoding: {
            x: place('x'),
            y: place('y'),
            color: {
              field: 'className',
              type: 'nominal',
              scale: { domain: [...classes], range: COLOURS },
              legend: { title: 'class' },
            },
            shape: {
              field: 'database',
              type: 'nominal',
              scale: { domain: Object.values(DATABASES), range: ['circle', 'cross'] },
              legend: { title: 'database' },
            },
            size: { condition: { test: `datum.database === '${DATABASES.mu}'`, value: 60 }, value: 26 },
          },
        },
        // A white outline under the names keeps them legible on their points.
        { ...names(points), mark: { type: 'text', ...NAME, stroke: '#ffffff', strokeWidth: 4 } },
        { ...names(points), mark: { type: 'text', ...NAME } },
      ],
    })),
  });
}

/** Where a class's name stands: the median of its points, which outliers don't drag away. */
function classCentres(points: readonly MapPoint[]): { className: string; x: number; y: number }[] {
  return [...new Set(points.map(({ className }) => className))].map((className) => {
    const own = points.filter((point) => point.className === className);
    return {
      className,
      x: percentile(
        own.map(({ x }) => x),
        0.5,
      ),
      y: percentile(
        own.map(({ y }) => y),
        0.5,
      ),
    };
  });
}
