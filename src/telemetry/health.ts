/** Whether the process works, and whether it can be given work. */
export interface HealthReport {
  /** False if only a restart helps. */
  readonly live: boolean;
  readonly ready: boolean;
  /** What the worker waits for before it is ready: a few fixed words, which metrics may carry. */
  readonly waitingFor: readonly string[];
  /** What the worker waits for while everything else continues, e.g. a training that waits for a full disk. */
  readonly alsoWaitingFor?: readonly string[];
  /** The reasons, if known: texts for people, e.g. the reply of Redis. */
  readonly reasons?: readonly Reason[];
  /** Set on a standby: another worker learns, and this one takes over when that one is gone. */
  readonly standby?: true;
  /** Why it is not live. */
  readonly failure?: string;
}

/** Why something is waited for. */
export interface Reason {
  readonly what: string;
  readonly why: string;
}

/** The parts of a process report what they wait for. */
export interface Health {
  /**
   * Not ready until the returned function is called; `what` is reported meanwhile.
   * @param what one of few values: it is a label of a metric
   */
  waitFor(what: string, why?: string): () => void;
  /** The same for a wait that does not affect the other work: the worker stays ready. */
  note(what: string, why: string): () => void;
  /** Whether it stands by for a learner; its other work continues, so it is ready. */
  standBy(standing: boolean): void;
  /** Something broke for good. The first reason is kept. */
  fail(reason: string): void;
  report(): HealthReport;
}

export function createHealth(): Health {
  const waiting = new Map<symbol, { readonly what: string; readonly why?: string }>();
  const noted = new Map<symbol, Reason>();
  let failure: string | undefined;
  let standby = false;
  return {
    waitFor(what, why) {
      const token = Symbol(what);
      waiting.set(token, { what, ...(why !== undefined && { why }) });
      return () => {
        waiting.delete(token);
      };
    },
    note(what, why) {
      const token = Symbol(what);
      noted.set(token, { what, why });
      return () => {
        noted.delete(token);
      };
    },
    standBy(standing) {
      standby = standing;
    },
    fail(reason) {
      failure ??= reason;
    },
    report() {
      const waitingFor = [...new Set([...waiting.values()].map(({ what }) => what))];
      const alsoWaitingFor = [...new Set([...noted.values()].map(({ what }) => what))];
      const reasons = [...waiting.values(), ...noted.values()].flatMap(({ what, why }) =>
        why === undefined ? [] : [{ what, why }],
      );
      const live = failure === undefined;
      return {
        live,
        ready: live && waitingFor.length === 0,
        waitingFor,
        ...(alsoWaitingFor.length > 0 ? { alsoWaitingFor } : {}),
        ...(reasons.length > 0 ? { reasons } : {}),
        ...(standby ? { standby } : {}),
        ...(failure === undefined ? {} : { failure }),
      };
    },
  };
}
