/** A colour for each class, by the order in which they were first seen; at least 4 to 1 on the map's ground. */
const LIGHT = [
  '#0067a5',
  '#c2410c',
  '#00795c',
  '#a0327f',
  '#7a5c00',
  '#4b4fc4',
  '#b01e36',
  '#2b7f8f',
  '#5d7a12',
  '#6b4a3a',
] as const;
const DARK = [
  '#5ab4f0',
  '#ff9b5c',
  '#3fcf9f',
  '#f08cc8',
  '#e6c24a',
  '#a9a9ff',
  '#ff8a93',
  '#63d3e0',
  '#b5d95a',
  '#d3b09a',
] as const;

/** The number of the class's colour; names beside it tell classes of one colour apart. */
export function hueOf(classes: readonly { readonly name: string }[], name: string): number {
  return (
    Math.max(
      0,
      classes.findIndex((each) => each.name === name),
    ) % LIGHT.length
  );
}

export function colourOf(hue: number, dark: boolean): string {
  return (dark ? DARK : LIGHT)[hue] as string;
}
