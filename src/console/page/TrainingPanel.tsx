import type { Knowledge, Training } from '../messages.js';
import { count, TRAINING_STAGES } from './wording.js';

/** How far the newest task is. */
export function TrainingPanel({
  training,
  knowledge,
}: {
  readonly training: Training | null;
  readonly knowledge: Knowledge;
}) {
  return (
    <section class="panel" aria-labelledby="training">
      <h2 id="training">Training</h2>
      {training === null ? (
        <p class="empty">{idle(knowledge)}</p>
      ) : (
        <Task training={training} knowledge={knowledge} />
      )}
    </section>
  );
}

function Task({ training, knowledge }: { readonly training: Training; readonly knowledge: Knowledge }) {
  const { task, classes, stage, epoch, epochs, losses, failure, modelVersion } = training;
  return (
    <>
      <p>
        <strong>{task}</strong> <span class={`stage ${stage}`}>{TRAINING_STAGES[stage]}</span>
      </p>
      <p class="quiet">{classes.join(', ')}</p>
      {stage === 'arriving' && <Arriving training={training} knowledge={knowledge} />}
      {stage === 'training' && epochs > 0 && (
        <Progress text={`Epoch ${epoch} of ${epochs}`} value={epoch} max={epochs} />
      )}
      {losses.length > 1 && <Losses losses={losses} />}
      {modelVersion !== null && <p class="quiet model">model {modelVersion}</p>}
      {failure !== null && <p class="bad">{failure}</p>}
    </>
  );
}

function idle({ model }: Knowledge): string {
  return model ? `No open task. The model knows ${count(model.classes.length)} classes.` : 'No open task.';
}

function Arriving({ training, knowledge }: { readonly training: Training; readonly knowledge: Knowledge }) {
  const { samples, classes } = training;
  const stored = knowledge.classes
    .filter(({ name }) => classes.includes(name))
    .reduce((sum, { vectors }) => sum + vectors, 0);
  return (
    <Progress text={`${count(stored)} of ${count(samples)} samples embedded`} value={stored} max={samples} />
  );
}

function Progress({
  text,
  value,
  max,
}: {
  readonly text: string;
  readonly value: number;
  readonly max: number;
}) {
  return (
    <p class="progress">
      <label>
        <span>{text}</span>
        <progress value={value} max={max} />
      </label>
    </p>
  );
}

const WIDTH = 300;
const HEIGHT = 56;

function Losses({ losses }: { readonly losses: readonly number[] }) {
  const finite = losses.filter(Number.isFinite);
  const [first, last] = [finite[0] ?? 0, finite.at(-1) ?? 0];
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const points = finite.map((loss, index) => {
    const x = (index / Math.max(1, finite.length - 1)) * WIDTH;
    const y = 3 + (1 - (loss - low) / Math.max(high - low, Number.MIN_VALUE)) * (HEIGHT - 6);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  const text = `Loss, from ${first.toPrecision(3)} to ${last.toPrecision(3)}`;
  return (
    <figure class="losses">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={text}>
        <polyline points={points.join(' ')} />
      </svg>
      <figcaption class="quiet">{text}</figcaption>
    </figure>
  );
}
