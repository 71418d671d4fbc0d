import { colourOf } from './palette.js';

export interface Theme {
  readonly dark: boolean;
  readonly ink: string;
  readonly ground: string;
}

const DOT = 2.6;
/** Height of a label's letters. */
export const LABEL = 12;

/** Dots, rings and labels: each is drawn once and copied from then on. */
export class Sprites {
  readonly #drawn = new Map<string, HTMLCanvasElement>();
  #theme: Theme = { dark: false, ink: '#000', ground: '#fff' };
  #ratio = 1;

  restyle(theme: Theme): void {
    this.#theme = theme;
    this.#drawn.clear();
  }

  /** @param ratio pixels of the device for each of the page */
  resize(ratio: number): void {
    this.#ratio = ratio;
    this.#drawn.clear();
  }

  label(name: string): HTMLCanvasElement {
    const ratio = this.#ratio;
    const font = `600 ${LABEL * ratio}px system-ui, sans-serif`;
    return this.#sprite(`label ${name}`, (context, resize) => {
      context.font = font;
      const halo = 2 * ratio;
      const [width, height] = [context.measureText(name).width + 4 * halo, LABEL * 1.6 * ratio];
      resize(width, height);
      context.font = font;
      context.textAlign = 'center';
      context.textBaseline = 'middle';
      context.lineJoin = 'round';
      context.lineWidth = 2 * halo;
      context.strokeStyle = this.#theme.ground;
      context.fillStyle = this.#theme.ink;
      context.strokeText(name, width / 2, height / 2);
      context.fillText(name, width / 2, height / 2);
    });
  }

  /** A dot or a ring in a class's colour. */
  dot(hue: number, hollow: boolean): HTMLCanvasElement {
    const ratio = this.#ratio;
    return this.#sprite(`${hollow ? 'ring' : 'dot'} ${hue}`, (context, resize) => {
      const side = Math.ceil((2 * DOT + 2) * ratio);
      resize(side, side);
      const colour = colourOf(hue, this.#theme.dark);
      context.beginPath();
      context.arc(side / 2, side / 2, (hollow ? DOT - 0.4 : DOT) * ratio, 0, 2 * Math.PI);
      context.globalAlpha = hollow ? 1 : 0.85;
      context.fillStyle = context.strokeStyle = colour;
      context.lineWidth = 1.2 * ratio;
      if (hollow) context.stroke();
      else context.fill();
    });
  }

  /** A small picture that is drawn once and copied from then on. */
  #sprite(
    key: string,
    draw: (context: CanvasRenderingContext2D, resize: (width: number, height: number) => void) => void,
  ): HTMLCanvasElement {
    const known = this.#drawn.get(key);
    if (known) return known;
    const { canvas, context } = surface();
    draw(context, (width, height) => Object.assign(canvas, { width: Math.ceil(width), height }));
    this.#drawn.set(key, canvas);
    return canvas;
  }
}

/** A canvas and its drawing context. */
export function surface(canvas = document.createElement('canvas')) {
  return { canvas, context: canvas.getContext('2d') as CanvasRenderingContext2D };
}
