import { dashboard } from './board.js';
import { accuracy, training } from './forgetting.js';
import { pipeline, workers } from './pipeline.js';
import { unlearning } from './unlearning.js';

const FOLDERS = {
  Forgetting: { accuracy, training },
  Unlearning: { unlearning },
  Pipeline: { pipeline, workers },
};

/** The JSON of every dashboard, by its path below config/grafana/dashboards: the folders are those of Grafana. */
export function dashboardFiles(): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(FOLDERS).flatMap(([folder, boards]) =>
      Object.entries(boards).map(([name, board]): [string, string] => [
        `${folder}/${name}.json`,
        `${JSON.stringify(dashboard(board), null, 2)}\n`,
      ]),
    ),
  );
}
