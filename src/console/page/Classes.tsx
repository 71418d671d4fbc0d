import { FORGOTTEN } from '../../domain/classes.js';
import type { KnownClass } from '../../domain/status.js';
import type { Answer, Knowledge } from '../messages.js';
import { hueOf } from './palette.js';
import type { Order } from './state.js';
import { count, STATES } from './wording.js';

/** Pictures on a card. */
const PICTURES = 5;

interface Shown {
  readonly knowledge: Knowledge;
  readonly answers: readonly Answer[];
  readonly order: Order | null;
  readonly onAsk: (order: Omit<Order, 'id'>) => void;
}

/** What is known of each class, with the button that changes it. */
export function Classes({ knowledge, answers, order, onAsk }: Shown) {
  const { classes } = knowledge;
  return (
    <section class="panel" aria-labelledby="classes">
      <h2 id="classes" tabIndex={-1}>
        Classes {classes.length > 0 && <span class="quiet">{classes.length}</span>}
      </h2>
      {classes.length === 0 ? (
        <p class="empty">A card for each class appears here as soon as a task is announced.</p>
      ) : (
        <ul class="cards">
          {classes.map((each) => (
            <Card
              key={each.name}
              known={each}
              hue={hueOf(classes, each.name)}
              answers={answers}
              isOrdered={order?.name === each.name}
              onAsk={onAsk}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

function Card({
  known,
  hue,
  answers,
  isOrdered,
  onAsk,
}: {
  readonly known: KnownClass;
  readonly hue: number;
  readonly answers: readonly Answer[];
  readonly isOrdered: boolean;
  readonly onAsk: Shown['onAsk'];
}) {
  const { name, state, task, vectors } = known;
  const { sign, meaning } = STATES[state];
  const order = orderFor(known);
  return (
    <li class={`card ${state}`} data-class={name} data-state={state}>
      <h3>
        <span class={`swatch hue${hue}`} aria-hidden="true" />
        {name}
      </h3>
      <p class="facts">
        <span class={`state ${state}`} title={meaning}>
          <span aria-hidden="true">{sign}</span> {state}
        </span>
      </p>
      <p class="quiet task">
        {count(vectors)} vectors · task {task}
      </p>
      <Pictures known={known} answers={answers} />
      {order && (
        <button
          type="button"
          class={order}
          disabled={isOrdered}
          onClick={() => onAsk({ kind: order, name })}
          aria-label={`${order === 'unlearn' ? 'Unlearn' : 'Relearn'} ${name}`}
        >
          {order === 'unlearn' ? 'Unlearn' : 'Relearn'}
        </button>
      )}
    </li>
  );
}

function orderFor({ state }: KnownClass): Order['kind'] | null {
  if (state === 'learned') return 'unlearn';
  return state === 'unlearned' || state === 'rebuilt' ? 'relearn' : null;
}

/** Queries that were answered with the class lately; of a forgotten one no picture is shown. */
function Pictures({
  known: { name, state },
  answers,
}: {
  readonly known: KnownClass;
  readonly answers: readonly Answer[];
}) {
  if (FORGOTTEN.includes(state)) return <p class="pictures gone">no pictures</p>;
  const pictures = answers
    .filter(({ label, route, image }) => label === name && route === 'model' && image !== null)
    .slice(0, PICTURES);
  return (
    <p class="pictures">
      {pictures.map(({ id, image }) => (
        <img key={id} src={`data:image/webp;base64,${image}`} alt="" width="32" height="32" />
      ))}
    </p>
  );
}
