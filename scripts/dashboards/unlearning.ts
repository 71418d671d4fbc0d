import type { Board } from './board.js';
import { CHOSEN, heat, lines, MODEL, newest, perSecond, quantile } from './panels.js';

/** Requests to forget, and what became of them. */
export const unlearning: Board = {
  uid: 'lethe-unlearning',
  title: 'Unlearning',
  description: 'Requests to forget: their duration, what they move, and what remains to be erased.',
  panels: [
    newest({
      title: 'Unlearned classes',
      description:
        'Classes that no answer names: unlearned, rebuilt (the model was made without them) and erased.',
      unit: 'none',
      width: 6,
      queries: {
        '{{state}}': `max by (state) (lethe_classes{${CHOSEN}, state=~"unlearned|rebuilt|erased"})`,
      },
    }),
    newest({
      title: 'Vectors by database',
      description: 'DB-CIL (cil) contains known classes, DB-MU (mu) unlearned ones.',
      unit: 'short',
      width: 6,
      queries: { '{{database}}': `max by (database) (lethe_database_vectors{${CHOSEN}})` },
    }),
    newest({
      title: 'Time to forget, 95 %',
      description:
        'Time from writing an unlearn command to its event, over the last 15 minutes: 95 % were faster.',
      unit: 's',
      width: 6,
      queries: { p95: `model:lethe_time_to_forget_seconds:p95_15m{${MODEL}}` },
    }),
    newest({
      title: 'Erasures',
      description:
        'Erase requests that ended since the workers started, by outcome. Lethe does not retry a failed one automatically.',
      unit: 'none',
      width: 6,
      queries: { '{{outcome}}': `sum by (outcome) (lethe_erasures_total{${CHOSEN}})` },
    }),
    heat({
      title: 'Time to forget',
      description:
        'Time from the timestamp of an unlearn command to its event. After the event, no answer names the class.',
      histogram: 'lethe_time_to_forget_seconds',
    }),
    lines({
      title: 'Time to forget by kind',
      description: 'The same by kind of request (class, examples, samples): 95 % are faster.',
      unit: 's',
      min: 0,
      queries: { '{{by}}': quantile(0.95, 'lethe_time_to_forget_seconds', ['by']) },
    }),
    lines({
      title: 'Duration of requests',
      description:
        'Time from reading an unlearn request to its end, without the time that it waited: 95 % are faster.',
      unit: 's',
      min: 0,
      queries: { '{{by}}': quantile(0.95, 'lethe_unlearn_duration_seconds', ['by']) },
    }),
    heat({
      title: 'Duration of migrations',
      description: 'Time from reading a command to the end of its move between the databases.',
      histogram: 'lethe_migration_duration_seconds',
    }),
    lines({
      title: 'Vectors over time',
      description:
        'Vectors in DB-CIL and DB-MU. Unlearning moves them from the first to the second, relearning back, erasing deletes them. All workers see the same databases.',
      unit: 'short',
      min: 0,
      queries: { '{{database}}': `max by (database) (lethe_database_vectors{${CHOSEN}})` },
    }),
    lines({
      title: 'Vectors moved',
      description: 'Vectors moved between the databases per second, by direction.',
      unit: 'short',
      min: 0,
      queries: { '{{direction}}': perSecond('lethe_migrated_vectors_total', ['direction']) },
    }),
    lines({
      title: 'Migrations',
      description: 'Migrations since the workers started, by direction.',
      unit: 'none',
      min: 0,
      queries: { '{{direction}}': `sum by (direction) (lethe_migrations_total{${CHOSEN}})` },
    }),
    lines({
      title: 'Classes by state',
      description: 'Classes of the registry by state. All workers see the same registry.',
      unit: 'none',
      min: 0,
      queries: { '{{state}}': `max by (state) (lethe_classes{${CHOSEN}})` },
    }),
    lines({
      title: 'Models made without forgotten classes',
      description:
        'Models rebuilt, revised exactly (analytic learner), or failed, since the workers started.',
      unit: 'none',
      min: 0,
      queries: { '{{outcome}}': `sum by (outcome) (lethe_rebuilds_total{${CHOSEN}})` },
    }),
    heat({
      title: 'Time to erase',
      description:
        'Time from writing an erase command to deleting everything that contained its classes, if one worker did both. Most of it is the rebuild.',
      histogram: 'lethe_time_to_erase_seconds',
    }),
    lines({
      title: 'Version of the registry',
      description:
        'By worker; it grows with every change. A worker whose line stays below the others is behind.',
      unit: 'none',
      min: 0,
      queries: { '{{worker}}': `lethe_registry_version{${CHOSEN}}` },
    }),
    lines({
      title: 'Behind the registry',
      description: 'Versions that another worker had a minute ago and this one still lacks. 0 is good.',
      unit: 'none',
      min: 0,
      queries: { '{{worker}}': `worker:lethe_registry_behind:versions{${CHOSEN}}` },
    }),
    lines({
      title: 'Commands refused',
      description:
        'Refused commands since the workers started, by reason. The event of each contains a remedy.',
      unit: 'none',
      min: 0,
      width: 24,
      queries: { '{{reason}}': `sum by (reason) (lethe_commands_rejected_total{${CHOSEN}})` },
    }),
  ],
};
