/** Whether the process works, and whether it can be given work. */
export interface HealthReport {
  /** False where only a new start helps. */
  readonly live: boolean;
  readonly ready: boolean;
  /** What has to happen before it is ready. */
  readonly waitingFor: readonly string[];
  /** Only where it stands by: another worker learns, and this one takes over when that one is gone. */
  readonly standby?: true;
  /** Why it is not live. */
  readonly failure?: string;
}

/** Put together by the parts of a process: each says what it waits for. */
export interface Health {
  /** Not ready until the returned function is called; `what` is named meanwhile. */
  waitFor(what: string): () => void;
  /** Whether it stands by for a learner; what else it does goes on, so it is ready all the same. */
  standBy(standing: boolean): void;
  /** Something broke for good. The first reason is kept. */
  fail(reason: string): void;
  report(): HealthReport;
}

export function createHealth(): Health {
  const waiting = new Map<symbol, string>();
  let failure: string | undefined;
  let standby = false;
  return {
    waitFor(what) {
      const token = Symbol(what);
      waiting.set(token, what);
      return () => {
        waiting.delete(token);
      };
    },
    standBy(standing) {
      standby = standing;
    },
    fail(reason) {
      failure ??= reason;
    },
    report() {
      const waitingFor = [...waiting.values()];
      const live = failure === undefined;
      return {
        live,
        ready: live && waitingFor.length === 0,
        waitingFor,
        ...(standby ? { standby } : {}),
        ...(failure === undefined ? {} : { failure }),
      };
    },
  };
}
