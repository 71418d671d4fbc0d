import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  BigValueTextMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  type Panel,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';
import * as heatmap from '@grafana/grafana-foundation-sdk/heatmap';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';

/** The Prometheus that the dashboard's variable `datasource` names. */
export const PROMETHEUS = { type: 'prometheus', uid: '$datasource' };

/** Matchers of the chosen model and workers; every query has them. */
export const CHOSEN = 'model="$model", worker=~"$worker"';
/** Matcher of the chosen model, where a series is of all its workers. */
export const MODEL = 'model="$model"';

/** What a panel says and asks. */
export interface PanelPlan {
  readonly title: string;
  readonly description: string;
  /** As Grafana calls it: `s`, `percentunit`, `short`, … */
  readonly unit: string;
  /** Expressions by what the legend calls them (`{{label}}`). */
  readonly queries: Readonly<Record<string, string>>;
  readonly min?: number;
  readonly max?: number;
  /** Widths are of 24. */
  readonly width?: number;
  readonly height?: number;
}

/** A panel that takes its place in a dashboard. */
export type PanelBuilder = Builder<Panel> & {
  id(id: number): PanelBuilder;
  repeat(variable: string): PanelBuilder;
  maxPerRow(panels: number): PanelBuilder;
};

/** Lines over time. */
export function lines({ min, max, ...plan }: PanelPlan): PanelBuilder {
  const panel = described(new timeseries.PanelBuilder(), plan, PromQueryFormat.TimeSeries)
    .lineWidth(1)
    .fillOpacity(5)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
  if (min !== undefined) panel.min(min);
  return max === undefined ? panel : panel.max(max);
}

/** The newest value of each series, large. */
export function newest({
  names = false,
  colours = [{ value: null, color: 'text' }],
  ...plan
}: PanelPlan & {
  /** Shows what the series are called, where their value is always 1. */
  readonly names?: boolean;
  /** From which value on it has which colour. */
  readonly colours?: readonly Threshold[];
}): PanelBuilder {
  return described(new stat.PanelBuilder(), { width: 4, height: 5, ...plan }, PromQueryFormat.TimeSeries)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([...colours]))
    .textMode(names ? BigValueTextMode.Name : BigValueTextMode.Auto);
}

/** How a duration is spread, over time: of the histogram `name` (without `_bucket`). */
export function heat({
  histogram,
  matchers = CHOSEN,
  ...plan
}: Omit<PanelPlan, 'queries' | 'unit'> & {
  readonly histogram: string;
  readonly matchers?: string;
}): PanelBuilder {
  const expr = `sum by (le) (increase(${histogram}_bucket{${matchers}}[$__rate_interval]))`;
  const queries = { '{{le}}': expr };
  return described(new heatmap.PanelBuilder(), { ...plan, queries, unit: 's' }, PromQueryFormat.Heatmap)
    .yAxis(new heatmap.YAxisConfigBuilder().unit('s'))
    .color(new heatmap.HeatmapColorOptionsBuilder().mode(heatmap.HeatmapColorMode.Scheme).scheme('Oranges'))
    .filterValues(new heatmap.FilterValueRangeBuilder().le(1e-9));
}

/** The q-quantile of the histogram `name` over the chosen workers, by `labels`. */
export function quantile(q: number, name: string, labels: readonly string[] = [], matchers = CHOSEN): string {
  const by = ['le', ...labels].join(', ');
  return `histogram_quantile(${q}, sum by (${by}) (rate(${name}_bucket{${matchers}}[$__rate_interval])))`;
}

/** How often a second the counter grows, over the chosen workers, by `labels`. */
export function perSecond(name: string, labels: readonly string[], matchers = CHOSEN): string {
  return `sum by (${labels.join(', ')}) (rate(${name}{${matchers}}[$__rate_interval]))`;
}

type Describable = timeseries.PanelBuilder | stat.PanelBuilder | heatmap.PanelBuilder;

function described<T extends Describable>(panel: T, plan: PanelPlan, format: PromQueryFormat): T {
  const { title, description, unit, queries, width = 12, height = 8 } = plan;
  panel.title(title).description(description).unit(unit).datasource(PROMETHEUS).span(width).height(height);
  Object.entries(queries).forEach(([legend, expr], index) => {
    const refId = String.fromCharCode('A'.charCodeAt(0) + index);
    panel.withTarget(
      new DataqueryBuilder()
        .refId(refId)
        .datasource(PROMETHEUS)
        .expr(expr)
        .format(format)
        .legendFormat(legend)
        .range(),
    );
  });
  return panel;
}
