import type { Knowledge, Rate } from '../messages.js';
import type { Connection } from './state.js';
import { count } from './wording.js';

const CONNECTION: Readonly<Record<Connection['is'], string>> = {
  connecting: 'Connecting',
  live: 'Live',
  away: 'Unreachable, retrying',
  refused: 'Not admitted',
};

/** Which Lethe this is, and the figures that one looks at first. */
export function Header({
  connection,
  knowledge,
  rate,
}: {
  readonly connection: Connection;
  readonly knowledge: Knowledge | null;
  readonly rate: Rate | null;
}) {
  return (
    <header class="bar">
      <h1>Lethe {knowledge && <span class="quiet">{knowledge.name}</span>}</h1>
      <p class={`connection ${connection.is}`} role="status">
        <span class="lamp" aria-hidden="true" />
        {CONNECTION[connection.is]}
      </p>
      {knowledge && (
        <dl class="figures">
          <Figure name="DB-CIL" value={count(knowledge.databases.cil)} />
          <Figure name="DB-MU" value={count(knowledge.databases.mu)} />
          <Figure name="Answers/s" value={count(rate?.perSecond ?? 0)} />
          <Figure name="Model" value={knowledge.model?.version ?? 'none yet'} long />
        </dl>
      )}
    </header>
  );
}

function Figure({
  name,
  value,
  long,
}: {
  readonly name: string;
  readonly value: string;
  readonly long?: boolean;
}) {
  return (
    <div class={long ? 'long' : ''}>
      <dt>{name}</dt>
      <dd title={long ? value : undefined}>{value}</dd>
    </div>
  );
}
