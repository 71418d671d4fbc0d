import {
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { MODEL, type PanelBuilder, PROMETHEUS } from './panels.js';

/** What one dashboard shows. */
export interface Board {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly panels: readonly PanelBuilder[];
  /** Further variables by their name: what `label_values` is asked. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** What happened, by the event that tells of it, and its colour. */
const MARKS = [
  { name: 'Learned', event: 'task-finished', colour: 'green' },
  { name: 'Unlearned', event: 'unlearned|samples-unlearned', colour: 'orange' },
  { name: 'Relearned', event: 'relearned', colour: 'blue' },
  { name: 'Erased', event: 'erased', colour: 'red' },
];

/** Grafana's JSON of a dashboard: variables `datasource`, `model` and `worker`, a mark at each learning and unlearning. */
export function dashboard({ uid, title, description, panels, variables = {} }: Board): Dashboard {
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(['lethe'])
    .readonly()
    .timezone('browser')
    .refresh('5s')
    .time({ from: 'now-30m', to: 'now' })
    .tooltip(DashboardCursorSync.Crosshair)
    .link(
      new DashboardLinkBuilder('Lethe')
        .type(DashboardLinkType.Dashboards)
        .tags(['lethe'])
        .asDropdown(true)
        .keepTime(true)
        .includeVars(true),
    )
    .withVariable(new DatasourceVariableBuilder('datasource').label('data source').type(PROMETHEUS.type))
    .withVariable(choice('model', 'label_values(lethe_worker_info, model)'))
    .withVariable(
      choice('worker', `label_values(lethe_worker_info{${MODEL}}, worker)`)
        .multi(true)
        .includeAll(true)
        .allValue('.+'),
    );
  for (const [name, query] of Object.entries(variables))
    builder.withVariable(choice(name, query).multi(true).includeAll(true));
  for (const { name, event, colour } of MARKS) {
    builder.annotation(
      new AnnotationQueryBuilder()
        .name(name)
        .datasource(PROMETHEUS)
        .enable(true)
        .iconColor(colour)
        // The value is the time, in milliseconds, at which it happened.
        .expr(`lethe_last_event_timestamp_seconds{${MODEL}, event=~"${event}"} * 1000`)
        .useValueForTime(true)
        .titleFormat(`${name} by {{worker}}`)
        .tagKeys('event'),
    );
  }
  panels.forEach((panel, index) => {
    builder.withPanel(panel.id(index + 1));
  });
  return builder.build();
}

function choice(name: string, query: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(name)
    .datasource(PROMETHEUS)
    .query(query)
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc);
}
