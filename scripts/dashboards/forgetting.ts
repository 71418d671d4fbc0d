import type { Board } from './board.js';
import { CHOSEN, heat, lines, MODEL, newest, perSecond, quantile } from './panels.js';

const GOOD_AT_ZERO = [
  { value: null, color: 'green' },
  { value: 1e-9, color: 'red' },
];

/** What the model knows, and what it should not name. */
export const accuracy: Board = {
  uid: 'lethe-accuracy',
  title: 'Accuracy and forgetting',
  description:
    'Accuracy on remaining and unlearned classes, forgetting by task, and the filter: from queries that carry the truth.',
  panels: [
    newest({
      title: 'A_r now',
      description:
        'Accuracy on remaining classes, over the judged queries of the last five minutes and all workers. Should be high.',
      unit: 'percentunit',
      queries: { A_r: `model:lethe_accuracy_remaining:ratio_rate5m{${MODEL}}` },
    }),
    newest({
      title: 'A_u now',
      description:
        'Share of judged queries of unlearned classes, over the last five minutes, whose answer names their class. Must be 0.',
      unit: 'percentunit',
      queries: { A_u: `model:lethe_accuracy_unlearned:ratio_rate5m{${MODEL}}` },
      colours: GOOD_AT_ZERO,
    }),
    newest({
      title: 'Filter recall',
      description:
        'Share of inputs of unlearned classes that the filter stops: of the last 1,000 judged ones by worker, and at the last calibration.',
      unit: 'percentunit',
      width: 8,
      queries: { '{{source}}': `avg by (source) (lethe_filter_recall_ratio{${CHOSEN}})` },
    }),
    newest({
      title: 'Filter specificity',
      description:
        'Share of inputs of remaining classes that the filter passes: of the last 1,000 judged ones by worker, and at the last calibration.',
      unit: 'percentunit',
      width: 8,
      queries: { '{{source}}': `avg by (source) (lethe_filter_specificity_ratio{${CHOSEN}})` },
    }),
    lines({
      title: 'A_r and A_u',
      description:
        'Accuracy on remaining classes (A_r, high) and on unlearned ones (A_u, 0), over five minutes and all workers. The annotations are learnings and unlearnings.',
      unit: 'percentunit',
      min: 0,
      max: 1,
      width: 24,
      queries: {
        'A_r (remaining)': `model:lethe_accuracy_remaining:ratio_rate5m{${MODEL}}`,
        'A_u (unlearned)': `model:lethe_accuracy_unlearned:ratio_rate5m{${MODEL}}`,
      },
    }),
    lines({
      title: 'A_r and A_u by worker',
      description:
        'The same over the last 1,000 judged answers of each worker, whatever their age: steadier if few queries carry the truth.',
      unit: 'percentunit',
      width: 8,
      min: 0,
      max: 1,
      queries: { '{{classes}} {{worker}}': `max by (classes, worker) (lethe_accuracy_ratio{${CHOSEN}})` },
    }),
    lines({
      title: 'Coverage by worker',
      description:
        'Share of the same answers that name a class: below 1 where Lethe abstains (inference.unlearned, inference.unknown). Of remaining classes it should be high, of unlearned ones low.',
      unit: 'percentunit',
      width: 8,
      min: 0,
      max: 1,
      queries: { '{{classes}} {{worker}}': `max by (classes, worker) (lethe_coverage_ratio{${CHOSEN}})` },
    }),
    lines({
      title: 'Forgetting by task',
      description:
        'Best accuracy on the task under an earlier model minus accuracy now (20 judged queries under each at least). Near 0 is good; unlearned classes do not count.',
      unit: 'percentunit',
      width: 8,
      queries: { '{{task}}': `max by (task) (lethe_forgetting_ratio{${CHOSEN}})` },
    }),
    lines({
      title: 'Filter over time',
      description:
        'Recall and specificity of the filter on DB-MU: on live queries that carry the truth, and as calibrated on held-out vectors.',
      unit: 'percentunit',
      min: 0,
      max: 1,
      queries: {
        'recall ({{source}})': `avg by (source) (lethe_filter_recall_ratio{${CHOSEN}})`,
        'specificity ({{source}})': `avg by (source) (lethe_filter_specificity_ratio{${CHOSEN}})`,
      },
    }),
    lines({
      title: "The filter's level",
      description:
        'Score from which the filter treats an input as unlearned: the threshold of Eq. 5, or the margin of the relative filter. The learner calibrates it after each change of the databases.',
      unit: 'none',
      queries: { '{{worker}}': `lethe_filter_level{${CHOSEN}}` },
    }),
    lines({
      title: 'Judged answers',
      description: 'Answers per second whose query carried the truth. The other panels depend on them.',
      unit: 'reqps',
      min: 0,
      width: 24,
      queries: {
        '{{classes}}, right: {{correct}}': perSecond('lethe_judged_predictions_total', [
          'classes',
          'correct',
        ]),
      },
    }),
  ],
};

/** What is being learned. */
export const training: Board = {
  uid: 'lethe-training',
  title: 'Training',
  description: 'Tasks: their samples, training and outcome. Only the learner has values.',
  panels: [
    newest({
      title: 'Open tasks',
      description: 'Open tasks: they receive samples, wait for training, or train.',
      unit: 'none',
      queries: { tasks: `max(lethe_open_tasks{${CHOSEN}})` },
    }),
    newest({
      title: 'Trains now',
      description: '1 while a task trains, otherwise 0.',
      unit: 'bool_yes_no',
      queries: { trains: `max(lethe_training_active{${CHOSEN}})` },
    }),
    newest({
      title: 'Since the last progress',
      description: 'Time since the current training started or finished an epoch; 0 without a training.',
      unit: 's',
      queries: {
        seconds: `max((time() - lethe_training_progress_timestamp_seconds{${CHOSEN}}) * lethe_training_active{${CHOSEN}})`,
      },
    }),
    newest({
      title: 'Backend',
      description: 'Backend of the training: native TensorFlow, or the slower WebAssembly.',
      unit: 'none',
      width: 6,
      names: true,
      queries: { '{{backend}}': `lethe_backend_info{${CHOSEN}, role="training"}` },
    }),
    newest({
      title: 'Tasks ended',
      description: 'Tasks that ended since the workers started, by outcome.',
      unit: 'none',
      width: 6,
      queries: { '{{outcome}}': `sum by (outcome) (lethe_tasks_total{${CHOSEN}})` },
    }),
    lines({
      title: 'Epochs',
      description: 'Finished epochs of the current or last training, and its number of epochs.',
      unit: 'none',
      min: 0,
      queries: {
        ended: `max(lethe_training_epoch{${CHOSEN}})`,
        planned: `max(lethe_training_epochs_planned{${CHOSEN}})`,
      },
    }),
    lines({
      title: 'Loss',
      description: 'Loss of the last epoch.',
      unit: 'none',
      queries: { loss: `max(lethe_training_loss{${CHOSEN}})` },
    }),
    lines({
      title: 'Duration of an epoch',
      description: 'Duration of the last epoch.',
      unit: 's',
      min: 0,
      queries: { seconds: `max(lethe_training_epoch_duration_seconds{${CHOSEN}})` },
    }),
    lines({
      title: 'Samples stored',
      description: 'Sample vectors written to the databases per second.',
      unit: 'wps',
      min: 0,
      queries: { samples: perSecond('lethe_stage_items_total', ['model'], `${CHOSEN}, stage="store"`) },
    }),
    heat({
      title: 'Duration of tasks',
      description: 'Distribution over time: from the start of the training to the current model.',
      histogram: 'lethe_training_duration_seconds',
    }),
    lines({
      title: 'Classes',
      description: 'Classes of the registry by state. All workers see the same registry.',
      unit: 'none',
      min: 0,
      queries: { '{{state}}': `max by (state) (lethe_classes{${CHOSEN}})` },
    }),
    lines({
      title: 'Duration of tasks, 95 %',
      description: '95 % of the finished tasks were faster.',
      unit: 's',
      min: 0,
      width: 24,
      queries: { p95: quantile(0.95, 'lethe_training_duration_seconds') },
    }),
  ],
};
