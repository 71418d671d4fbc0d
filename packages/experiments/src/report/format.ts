/** A share as a percentage with one decimal, or a dash for what was not measured. */
export function percent(share: number | null | undefined): string {
  return share === null || share === undefined ? '–' : (share * 100).toFixed(1);
}

/** A duration with a unit that suits it. */
export function duration(seconds: number | null): string {
  if (seconds === null) return '–';
  if (seconds < 1e-4) return `${(seconds * 1e6).toFixed(0)} µs`;
  if (seconds < 1) return `${milliseconds(seconds * 1000)} ms`;
  return `${seconds.toFixed(1)} s`;
}

/** Milliseconds with as many decimals as matter. */
export function milliseconds(value: number): string {
  return value < 10 ? value.toFixed(1) : value.toFixed(0);
}

/** How many times faster, with as many digits as matter. */
export function times(ratio: number): string {
  return `${ratio.toLocaleString('en', { maximumSignificantDigits: 3 })}x`;
}
