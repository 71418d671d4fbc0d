import type { Told } from '../messages.js';
import { lineOf, timeOf } from './wording.js';

/** Commands and what came of them, newest first. */
export function Timeline({ told }: { readonly told: readonly Told[] }) {
  return (
    <section class="panel" aria-labelledby="timeline">
      <h2 id="timeline">Timeline</h2>
      {told.length === 0 ? (
        <p class="empty">No commands yet.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        <section class="scroll" tabIndex={0} aria-label="Commands and events, newest first">
          <ol class="timeline">
            {told.map((each) => (
              <Entry key={keyOf(each)} told={each} />
            ))}
          </ol>
        </section>
      )}
    </section>
  );
}

function Entry({ told }: { readonly told: Told }) {
  const { what, more, tone } = lineOf(told);
  return (
    <li class={tone}>
      <time dateTime={new Date(told.at).toISOString()}>{timeOf(told.at)}</time>
      <span>
        <span class="what">{what}</span> {more && <span class="quiet">{more}</span>}
      </span>
    </li>
  );
}

function keyOf(told: Told): string {
  return `${told.at} ${told.of === 'command' ? told.id : JSON.stringify(told.event)}`;
}
