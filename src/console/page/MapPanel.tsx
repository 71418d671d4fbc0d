import { useEffect, useMemo, useRef } from 'preact/hooks';
import { SUPPRESSED } from '../../domain/classes.js';
import type { Knowledge, VectorMap } from '../messages.js';
import type { Scene, Side } from './mapGeometry.js';
import { MapView } from './mapView.js';
import { hueOf } from './palette.js';
import { count } from './wording.js';

/** Both databases as maps, in which vectors are seen to move. */
export function MapPanel({
  map,
  knowledge,
}: {
  readonly map: VectorMap | null;
  readonly knowledge: Knowledge;
}) {
  const { classes, databases } = knowledge;
  const points = useMemo(() => pointsOf(map), [map]);
  const names = map?.classes ?? [];
  const sides = names.map((name): Side => sideOf(knowledge, name));
  const isEmpty = points.length === 0;
  return (
    <section class="panel vectors" aria-labelledby="map">
      <h2 id="map">Vectors</h2>
      <div class="map">
        <div class="side">
          <h3>
            DB-CIL <span class="quiet">known · {count(databases.cil)} vectors</span>
          </h3>
        </div>
        <div class="side mu">
          <h3>
            DB-MU <span class="quiet">unlearned · {count(databases.mu)} vectors</span>
          </h3>
        </div>
        <Canvas
          points={points}
          names={names}
          sides={sides}
          hues={names.map((name) => hueOf(classes, name))}
        />
      </div>
      <p class="quiet">{caption(map, isEmpty, knowledge)}</p>
    </section>
  );
}

function Canvas({
  points,
  names,
  sides,
  hues,
}: {
  readonly points: Uint16Array;
  readonly names: readonly string[];
  readonly sides: readonly Side[];
  readonly hues: readonly number[];
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const view = useRef<MapView>(undefined);
  useEffect(() => {
    const element = canvas.current as HTMLCanvasElement;
    const still = matchMedia('(prefers-reduced-motion: reduce)');
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const drawn = new MapView(element, () => still.matches);
    const restyle = (): void => {
      const style = getComputedStyle(element);
      const of = (name: string): string => style.getPropertyValue(name).trim();
      drawn.restyle({ dark: dark.matches, ink: of('--ink'), ground: of('--card') });
    };
    const sizes = new ResizeObserver(([entry]) => {
      const { width = 0, height = 0 } = entry?.contentRect ?? {};
      drawn.resize(width, height, devicePixelRatio);
    });
    sizes.observe(element);
    dark.addEventListener('change', restyle);
    restyle();
    view.current = drawn;
    return () => {
      sizes.disconnect();
      dark.removeEventListener('change', restyle);
      drawn.close();
    };
  }, []);

  const state = JSON.stringify([names, sides, hues]);
  // `state` holds the values of the arrays, which are new each time.
  useEffect(() => {
    const classes = names.map((name, index) => ({
      name,
      hue: hues[index] as number,
      side: sides[index] as Side,
    }));
    view.current?.show({ points, classes } satisfies Scene);
  }, [points, state]);

  return <canvas ref={canvas} role="img" aria-label={describe(names, sides)} />;
}

function sideOf({ classes }: Knowledge, name: string): Side {
  const state = classes.find((each) => each.name === name)?.state;
  return state !== undefined && SUPPRESSED.includes(state) ? 'mu' : 'cil';
}

function pointsOf(map: VectorMap | null): Uint16Array {
  if (!map) return new Uint16Array(0);
  const bytes = Uint8Array.from(atob(map.points), (character) => character.charCodeAt(0));
  return new Uint16Array(bytes.buffer);
}

function describe(names: readonly string[], sides: readonly Side[]): string {
  const on = (side: Side): string =>
    names.filter((_, index) => sides[index] === side).join(', ') || 'nothing';
  return `Map of the vectors. In DB-CIL: ${on('cil')}. In DB-MU: ${on('mu')}.`;
}

function caption(map: VectorMap | null, isEmpty: boolean, { classes }: Knowledge): string {
  if (classes.every(({ vectors }) => vectors === 0)) return 'No vectors yet.';
  const learned = classes.some(({ state }) => state !== 'learning');
  if (map === null || isEmpty)
    return learned ? 'Drawing the map …' : 'The map appears when a task is learned.';
  const drawn =
    map.drawn < map.vectors ? `${count(map.drawn)} of ${count(map.vectors)}` : `All ${count(map.drawn)}`;
  return `${drawn} vectors, by UMAP: points that are close are similar. Rings are unlearned.`;
}
