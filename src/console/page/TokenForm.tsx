import { useState } from 'preact/hooks';
import type { Connection } from './state.js';
import { sentence } from './wording.js';

/** Why this page was not let in; and where the token is missing or wrong, a field for it. */
export function TokenForm({
  refusal,
  onToken,
}: {
  readonly refusal: Extract<Connection, { is: 'refused' }>;
  readonly onToken: (token: string) => void;
}) {
  const [value, setValue] = useState('');
  return (
    <section class="panel narrow" aria-labelledby="refused">
      <h2 id="refused">{refusal.tokenNeeded ? 'Token' : 'Not admitted'}</h2>
      <p role="alert">{`${sentence(refusal.message)}. ${refusal.remedy}`}</p>
      {refusal.tokenNeeded && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (value) onToken(value);
          }}
        >
          <label>
            <span>Token</span>
            <input
              type="password"
              autocomplete="off"
              value={value}
              onInput={({ currentTarget }) => setValue(currentTarget.value)}
              required
            />
          </label>
          <button type="submit" class="strong">
            Open the console
          </button>
          <p class="quiet">This tab keeps it until you close the tab.</p>
        </form>
      )}
    </section>
  );
}
