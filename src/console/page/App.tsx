import { useCallback, useEffect, useReducer, useState } from 'preact/hooks';
import { Beginning } from './Beginning.js';
import { Classes } from './Classes.js';
import { ConfirmDialog } from './ConfirmDialog.js';
import { Header } from './Header.js';
import { MapPanel } from './MapPanel.js';
import { Queries } from './Queries.js';
import { followFeed, send, token } from './server.js';
import { type Action, INITIAL, type Order, reduce, type State } from './state.js';
import { Timeline } from './Timeline.js';
import { TokenForm } from './TokenForm.js';
import { TrainingPanel } from './TrainingPanel.js';

/** For how long a notice is shown; the timeline tells the same for longer. */
const NOTICE_MS = 8000;

/** The console. */
export function App() {
  const [state, dispatch] = useReducer<State, Action>(reduce, INITIAL);
  const [visit, setVisit] = useState(0);
  const [asking, setAsking] = useState<Omit<Order, 'id'> | null>(null);

  // Another visit follows the feed again, with the new token.
  useEffect(() => {
    const ended = new AbortController();
    const onConnection = (data: State['connection']): void => dispatch({ kind: 'connection', data });
    void followFeed({ onMessage: dispatch, onConnection }, ended.signal);
    return () => ended.abort();
  }, [visit]);

  const { notice, order } = state;
  useEffect(() => {
    if (!notice || order) return;
    const timer = setTimeout(() => dispatch({ kind: 'notice-read' }), NOTICE_MS);
    return () => clearTimeout(timer);
  }, [notice, order]);

  const enter = useCallback((value: string) => {
    token.set(value);
    setVisit((before) => before + 1);
  }, []);
  const cancel = useCallback(() => setAsking(null), []);
  const carryOut = useCallback(async (order: Omit<Order, 'id'>) => {
    setAsking(null);
    dispatch({ kind: 'ordered', data: { ...order, id: null } });
    try {
      dispatch({ kind: 'ordered', data: { ...order, id: await send(order) } });
    } catch (error) {
      dispatch({ kind: 'order-failed', data: error instanceof Error ? error.message : String(error) });
    }
  }, []);

  const { connection, knowledge } = state;
  return (
    <>
      {connection.is !== 'refused' && knowledge !== null && (
        <a class="skip" href="#classes">
          Skip to the classes
        </a>
      )}
      <Header connection={connection} knowledge={knowledge} rate={state.rate} />
      <main>
        {connection.is === 'refused' ? (
          <TokenForm refusal={connection} onToken={enter} />
        ) : knowledge === null ? (
          <p class="loading">Opening the console …</p>
        ) : (
          <div class="grid">
            <div class="column">
              {knowledge.classes.length === 0 ? (
                <Beginning />
              ) : (
                <MapPanel map={state.map} knowledge={knowledge} />
              )}
              <Classes
                knowledge={knowledge}
                answers={state.held ?? state.answers}
                order={order}
                onAsk={setAsking}
              />
            </div>
            <div class="column">
              <TrainingPanel training={state.training} knowledge={knowledge} />
              <Queries
                answers={state.held ?? state.answers}
                isHeld={state.held !== null}
                knowledge={knowledge}
                missed={state.missed}
                onHold={(data) => dispatch({ kind: 'hold', data })}
              />
              <Timeline told={state.told} />
            </div>
          </div>
        )}
      </main>
      <p class={`notice ${notice?.bad ? 'bad' : ''}`} role="status">
        {notice?.text}
      </p>
      <ConfirmDialog order={asking} knowledge={knowledge} onCancel={cancel} onConfirm={carryOut} />
    </>
  );
}
