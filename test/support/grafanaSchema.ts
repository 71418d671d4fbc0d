/**
 * What Grafana's own schema says of a dashboard, with the parts filled in that it leaves to plug-ins: panels' options,
 * queries for Prometheus, annotations. A JSON Schema is made of it, to hold the files against.
 */
import type * as sdk from '@grafana/grafana-foundation-sdk/dashboard';
import type { Dataquery } from '@grafana/grafana-foundation-sdk/prometheus';
import type * as heatmap from '@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen';
import type * as stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type * as timeseries from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';
import type * as grafana from '@grafana/schema/dist/esm/raw/dashboard/x/Dashboard_types.gen';

type Query = Omit<Dataquery, '_implementsDataqueryVariant'>;

/** A panel of one kind: its `options`, and what of its field configuration is its own. */
interface PanelOf<Type extends string, Options, Custom> extends Omit<grafana.Panel, 'fieldConfig'> {
  readonly type: Type;
  readonly title: string;
  readonly description: string;
  readonly datasource: Required<grafana.DataSourceRef>;
  readonly targets: Query[];
  // The schema demands here what Grafana has defaults for.
  readonly options: Partial<Options>;
  readonly fieldConfig: Omit<grafana.FieldConfigSource, 'defaults'> & {
    readonly defaults: Omit<grafana.FieldConfig, 'custom'> & {
      readonly unit: string;
      readonly custom?: Partial<Custom>;
    };
  };
}

type Panel =
  | PanelOf<'timeseries', timeseries.Options, timeseries.FieldConfig>
  | PanelOf<'stat', stat.Options, Record<string, never>>
  | PanelOf<'heatmap', heatmap.Options, heatmap.FieldConfig>;

/** Of Prometheus: the value of its series may be the time at which they happened. */
type Annotation = grafana.AnnotationQuery &
  Pick<sdk.AnnotationQuery, 'expr' | 'useValueForTime' | 'titleFormat' | 'tagKeys'>;

/** With what the schema of Grafana leaves out and its foundation SDK has. */
type Variable = grafana.VariableModel &
  Pick<sdk.VariableModel, 'definition' | 'auto' | 'auto_min' | 'auto_count'>;

/** A dashboard of config/grafana/dashboards. */
export interface LetheDashboard extends Omit<grafana.Dashboard, 'panels' | 'annotations' | 'templating'> {
  readonly panels: Panel[];
  readonly annotations: { readonly list: Annotation[] };
  readonly templating: { readonly list: Variable[] };
}
