import type { Answer, Knowledge } from '../messages.js';
import { AskImages } from './AskImages.js';
import { hueOf } from './palette.js';
import { milliseconds, percent, routeText, timeOf } from './wording.js';

/** The answers as they are made, newest first. */
export function Queries({
  answers,
  isHeld,
  knowledge,
  missed,
  onHold,
}: {
  readonly answers: readonly Answer[];
  readonly isHeld: boolean;
  readonly knowledge: Knowledge;
  readonly missed: number;
  readonly onHold: (hold: boolean) => void;
}) {
  return (
    <section class="panel" aria-labelledby="queries">
      <div class="heading">
        <h2 id="queries">Queries</h2>
        {answers.length > 0 && (
          <button type="button" class="small" onClick={() => onHold(!isHeld)}>
            {isHeld ? 'Go on' : 'Hold'}
          </button>
        )}
      </div>
      {knowledge.model && knowledge.role !== 'learn' && knowledge.takes === 'images' && <AskImages />}
      {answers.length === 0 ? (
        <p class="empty">{emptyText(knowledge)}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        <section class="scroll" tabIndex={0} aria-label="Answers, newest first">
          <ol class="answers">
            {answers.map((answer) => (
              <Row key={answer.id} answer={answer} knowledge={knowledge} />
            ))}
          </ol>
        </section>
      )}
      {missed > 0 && <p class="quiet">{missed} answers were dropped, because this page could not keep up.</p>}
    </section>
  );
}

function emptyText({ role, model }: Knowledge): string {
  if (role === 'learn')
    return 'This worker learns and answers no queries. Open the console of a worker that infers.';
  return model
    ? 'Answers to queries appear here, some of them with pictures.'
    : 'There is no model yet. Lethe answers queries when the first task is learned.';
}

function Row({ answer, knowledge }: { readonly answer: Answer; readonly knowledge: Knowledge }) {
  const { at, label, probability, route, truth, latencyMs, image } = answer;
  const strategy = route.startsWith('strategy:');
  return (
    <li>
      {image === null ? (
        <span class="picture none" aria-hidden="true">
          –
        </span>
      ) : (
        <img class="picture" src={`data:image/webp;base64,${image}`} alt="" width="40" height="40" />
      )}
      <span class="label">
        {label === null ? (
          <span class="quiet">
            {route === 'abstained' ? 'of an unlearned class' : 'resembles nothing known'}
          </span>
        ) : (
          <>
            <span class={`swatch hue${hueOf(knowledge.classes, label)}`} aria-hidden="true" />
            <strong>{label}</strong>
          </>
        )}{' '}
        {probability !== null && <span class="quiet">{percent(probability)}</span>}
        {truth !== null && <Truth truth={truth} label={label} />}
      </span>
      <span class={`route ${strategy ? 'strategy' : ''}`}>{routeText(answer)}</span>
      <span class="quiet when">
        {timeOf(at)}
        {latencyMs === null ? '' : ` · ${milliseconds(latencyMs)}`}
      </span>
    </li>
  );
}

function Truth({ truth, label }: { readonly truth: string; readonly label: string | null }) {
  return truth === label ? <span class="truth good">✓ right</span> : <span class="truth">truly {truth}</span>;
}
