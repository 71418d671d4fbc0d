/** Whether the process works, and whether it can be given work. */
export interface HealthReport {
  /** False where only a new start helps. */
  readonly live: boolean;
  readonly ready: boolean;
  /** What has to happen before it is ready: few words of the code, which metrics may carry. */
  readonly waitingFor: readonly string[];
  /** What is waited for while all else goes on, e.g. a training for a disk that is full. */
  readonly alsoWaitingFor?: readonly string[];
  /** Why, where that is known: texts for people, e.g. what Redis answered. */
  readonly reasons?: readonly Reason[];
  /** Only where it stands by: another worker learns, and this one takes over when that one is gone. */
  readonly standby?: true;
  /** Why it is not live. */
  readonly failure?: string;
}

/** Why something is waited for. */
export interface Reason {
  readonly what: string;
  readonly why: string;
}

/** Put together by the parts of a process: each says what it waits for. */
export interface Health {
  /**
   * Not ready until the returned function is called; `what` is named meanwhile.
   * @param what of few values: it is a label of a metric
   */
  waitFor(what: string, why?: string): () => void;
  /** Likewise of what is waited for while the worker goes on with all else: it stays ready. */
  note(what: string, why: string): () => void;
  /** Whether it stands by for a learner; what else it does goes on, so it is ready all the same. */
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
