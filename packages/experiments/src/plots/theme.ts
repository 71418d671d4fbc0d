import type { Config } from 'vega-lite';

const font = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
const ink = '#1f2933';
const quiet = '#52606d';

/** Okabe and Ito's palette: eight colours told apart with any common colour vision. */
export const palette = {
  blue: '#0072b2',
  orange: '#e69f00',
  green: '#009e73',
  vermilion: '#d55e00',
  purple: '#cc79a7',
  sky: '#56b4e9',
  yellow: '#f0e442',
  black: '#000000',
  grey: '#8a949e',
} as const;

/** Colours and text of every plot: dark ink on white, so that a plot reads the same on any page. */
export const theme: Config = {
  font,
  background: '#ffffff',
  padding: 12,
  view: { stroke: null },
  title: { anchor: 'start', color: ink, fontSize: 15, fontWeight: 600, offset: 12, subtitleColor: quiet },
  axis: {
    labelColor: quiet,
    titleColor: ink,
    titleFontWeight: 500,
    labelFontSize: 11,
    titleFontSize: 12,
    gridColor: '#e4e7eb',
    domainColor: '#9aa5b1',
    tickColor: '#9aa5b1',
  },
  legend: {
    labelColor: ink,
    titleColor: ink,
    labelFontSize: 11,
    titleFontSize: 12,
    symbolSize: 70,
    labelLimit: 260,
  },
  header: { labelColor: ink, titleColor: ink, labelFontSize: 13, labelFontWeight: 600 },
};
